package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/catalog"
	"hawker/internal/demo"
	"hawker/internal/distribution"
	"hawker/internal/live"
	"hawker/internal/media/flv"
	"hawker/internal/media/rtmp"
	"hawker/internal/platform/sqldb"
	"hawker/internal/shop"
)

// FillDemo fills an empty installation through the same services that people
// use. One that has been filled is left alone.
func (a *App) FillDemo(ctx context.Context) error {
	_, err := a.Accounts.ByEmail(ctx, demo.Shopper) // the last account made: if it is there, all is
	if err == nil {
		return nil
	}
	if fault.Code(err) != "account.not_found" {
		return err
	}
	people, err := a.demoPeople(ctx)
	if err != nil {
		return fmt.Errorf("demo accounts: %w", err)
	}
	if err := a.demoShop(ctx, people); err != nil {
		return fmt.Errorf("demo shop: %w", err)
	}
	return nil
}

func (a *App) demoPeople(ctx context.Context) (map[string]id.User, error) {
	people := map[string]id.User{}
	for _, p := range demo.People() {
		u, err := a.Accounts.Register(ctx, account.Registration{
			Email: p.Email, Password: demo.Password, DisplayName: p.Name, Locale: lang.Chinese,
			Operator: p.Email == demo.Operator,
		})
		if fault.Code(err) == "account.email_taken" { // a crash came between
			u, err = a.Accounts.ByEmail(ctx, p.Email)
		}
		if err != nil {
			return nil, err
		}
		people[p.Email] = u.ID
	}
	_, err := a.Accounts.SaveAddress(ctx, people[demo.Shopper], account.SavedAddress{
		Default: true,
		Address: account.Address{
			Name: "老周", Phone: "13800000000", Region: "福建省 泉州市 德化县", Detail: "瓷都大道 88 号",
		},
	})
	if err != nil {
		return nil, err
	}
	return people, a.demoPromoter(ctx, people)
}

// demoPromoter makes the shopper one whom the promoter brought.
func (a *App) demoPromoter(ctx context.Context, people map[string]id.User) error {
	link, err := a.Distribution.LinkTo(ctx, people[demo.Promoter], distribution.Target{})
	if err != nil {
		return err
	}
	return a.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		return a.Distribution.Welcome(ctx, tx, people[demo.Shopper], link.Code, distribution.SourceRegister)
	})
}

func (a *App) demoShop(ctx context.Context, people map[string]id.User) error {
	merchant := people[demo.Merchant]
	sh, err := a.Shops.Open(ctx, demo.ShopName(), "", merchant)
	if err != nil {
		return err
	}
	if err := a.Shops.Hire(ctx, sh.ID, people[demo.Streamer], shop.Host); err != nil {
		return err
	}
	var categories []id.Category
	for _, name := range demo.Categories() {
		c, err := a.Catalog.AddCategory(ctx, name)
		if err != nil {
			return err
		}
		categories = append(categories, c.ID)
	}
	var products []id.Product
	for _, g := range demo.Goods() {
		p, err := a.demoGood(ctx, sh.ID, merchant, g, categories)
		if err != nil {
			return fmt.Errorf("%s: %w", g.Name, err)
		}
		products = append(products, p)
	}
	if err := a.demoRooms(ctx, sh.ID, people, products); err != nil {
		return err
	}
	return a.demoVideos(ctx, sh.ID, people[demo.Streamer], products)
}

func (a *App) demoGood(ctx context.Context, sh id.Shop, by id.User, g demo.Good, categories []id.Category) (id.Product,
	error,
) {
	pic, err := a.demoPicture(ctx, sh, g.Name+".jpg")
	if err != nil {
		return id.Product{}, err
	}
	g.Draft.Category, g.Draft.Pictures = categories[g.Category], []id.Media{pic.ID}
	p, err := a.Catalog.Create(ctx, sh, by, g.Draft)
	if err != nil {
		return id.Product{}, err
	}
	_, err = a.Catalog.SetState(ctx, sh, p.ID, catalog.OnSale)
	return p.ID, err
}

func (a *App) demoPicture(ctx context.Context, sh id.Shop, name string) (catalog.Object, error) {
	f, err := demo.Open(name)
	if err != nil {
		return catalog.Object{}, err
	}
	o, err := a.Pictures.Add(ctx, sh, f)
	return o, errors.Join(err, f.Close())
}

func (a *App) demoRooms(ctx context.Context, sh id.Shop, people map[string]id.User, products []id.Product) error {
	cover, err := a.demoPicture(ctx, sh, "live.jpg")
	if err != nil {
		return err
	}
	own, clip := demo.RoomTitles()
	for _, p := range []live.Plan{
		{Title: own, Key: demo.StreamKey, Host: people[demo.Merchant]},
		{Title: clip, Key: demo.ClipKey, Host: people[demo.Streamer], Unkept: true},
	} {
		p.Shop, p.CoverURL, p.Products = sh, cover.URL(), products
		if _, err := a.Live.Create(ctx, p); err != nil {
			return err
		}
	}
	_, err = a.Live.Create(ctx, live.Plan{ // something to be reminded of
		Title: demo.NextTitle(), Host: people[demo.Streamer], Shop: sh, CoverURL: cover.URL(), Products: products,
		ScheduledAt: a.demoEvening(), Unkept: true,
	})
	return err
}

// demoEvening is tomorrow at eight in the evening, where the mall is.
func (a *App) demoEvening() time.Time {
	now := a.clock.Now().In(a.zone)
	return time.Date(now.Year(), now.Month(), now.Day()+1, 20, 0, 0, 0, a.zone)
}

const demoRetry = 3 * time.Second

// playDemo keeps a clip on air in the second demo room, through the same port
// that encoders use.
func (a *App) playDemo(ctx context.Context) error {
	f, err := demo.Open("live.flv")
	if err != nil {
		return err
	}
	tags, err := flv.ReadFile(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("demo clip: %w", err)
	}
	for ctx.Err() == nil {
		if err := a.playClip(ctx, tags); err != nil && ctx.Err() == nil {
			a.log.Warn("demo clip off air", "error", err)
		}
		timer := a.clock.NewTimer(demoRetry)
		select {
		case <-ctx.Done():
		case <-timer.C():
		}
		timer.Stop()
	}
	return nil
}

func (a *App) playClip(ctx context.Context, tags []flv.Tag) error {
	c, err := rtmp.Dial(ctx, "rtmp://"+a.RTMPAddr()+"/live/"+demo.ClipKey)
	if err != nil {
		return err
	}
	err = c.Loop(ctx, tags)
	return errors.Join(err, c.Close())
}

// Welcome is what a person reads when the program has started.
func (a *App) Welcome(withDemo bool) string {
	var b strings.Builder
	site := a.cfg.PublicURL
	if site == "" {
		site = "http://" + a.HTTPAddr()
	}
	fmt.Fprintf(&b, "\nHawker 吆喝 is open.\n  mall      %s/\n  console   %s/console/\n  publish   "+
		"rtmp://%s/live/<stream key>\n", site, site, a.RTMPAddr())
	if a.cfg.Payment.Sandbox {
		fmt.Fprintf(&b, "  payments  SANDBOX (play money) at %s\n", a.sandboxURL())
	}
	if a.cfg.Live.OpenPublish {
		b.WriteString("\n  !!! OPEN PUBLISHING IS ON: anybody who reaches the RTMP port can publish under any name. " +
			"For measuring only. !!!\n")
	}
	if withDemo {
		_, port, _ := net.SplitHostPort(a.RTMPAddr())
		fmt.Fprintf(&b, "\n  demo accounts, password %s:\n", demo.Password)
		for _, p := range demo.People() {
			fmt.Fprintf(&b, "    %s\n", p.Email)
		}
		fmt.Fprintf(&b, "  demo room: publish to rtmp://127.0.0.1:%s/live/%s\n", port, demo.StreamKey)
	}
	b.WriteString("\nCtrl-C stops it.\n")
	return b.String()
}
