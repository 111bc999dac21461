package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/catalog"
	"hawker/internal/distribution"
	"hawker/internal/media/upload"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
	"hawker/internal/shop"
	"hawker/internal/stage"
	"hawker/internal/video"
)

// Mall is an installation as its people use it.
type Mall struct {
	DB           *sqldb.DB
	Zone         *time.Location
	Accounts     *account.Service
	Shops        *shop.Service
	Pictures     *catalog.Media
	Catalog      *catalog.Service
	Distribution *distribution.Distribution
	Stage        *stage.Service
	Uploads      *upload.Store
	Videos       *video.Service
}

// Fill fills an empty installation through the same services that people
// use. One that has been filled is left alone.
func (m Mall) Fill(ctx context.Context) error {
	_, err := m.Accounts.ByEmail(ctx, Shopper) // the last account made: if it is there, all is
	if err == nil {
		return nil
	}
	if fault.Code(err) != "account.not_found" {
		return err
	}
	people, err := m.register(ctx)
	if err != nil {
		return fmt.Errorf("demo accounts: %w", err)
	}
	if err := m.openShop(ctx, people); err != nil {
		return fmt.Errorf("demo shop: %w", err)
	}
	return nil
}

func (m Mall) register(ctx context.Context) (map[string]id.User, error) {
	people := map[string]id.User{}
	for _, p := range People() {
		u, err := m.Accounts.Register(ctx, account.Registration{
			Email: p.Email, Password: Password, DisplayName: p.Name, Locale: lang.Chinese,
			Operator: p.Email == Operator,
		})
		if fault.Code(err) == "account.email_taken" { // a crash came between
			u, err = m.Accounts.ByEmail(ctx, p.Email)
		}
		if err != nil {
			return nil, err
		}
		people[p.Email] = u.ID
	}
	_, err := m.Accounts.SaveAddress(ctx, people[Shopper], account.SavedAddress{
		Default: true,
		Address: account.Address{
			Name: "老周", Phone: "13800000000", Region: "福建省 泉州市 德化县", Detail: "瓷都大道 88 号",
		},
	})
	if err != nil {
		return nil, err
	}
	return people, m.bindShopper(ctx, people)
}

// bindShopper makes the shopper one whom the promoter brought.
func (m Mall) bindShopper(ctx context.Context, people map[string]id.User) error {
	link, err := m.Distribution.LinkTo(ctx, people[Promoter], distribution.Target{})
	if err != nil {
		return err
	}
	return m.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		return m.Distribution.Welcome(ctx, tx, people[Shopper], link.Code, distribution.SourceRegister)
	})
}

func (m Mall) openShop(ctx context.Context, people map[string]id.User) error {
	merchant := people[Merchant]
	sh, err := m.Shops.Open(ctx, ShopName(), "", merchant)
	if err != nil {
		return err
	}
	if err := m.Shops.Hire(ctx, sh.ID, people[Streamer], shop.Host); err != nil {
		return err
	}
	var categories []id.Category
	for _, name := range Categories() {
		c, err := m.Catalog.AddCategory(ctx, name)
		if err != nil {
			return err
		}
		categories = append(categories, c.ID)
	}
	var products []id.Product
	for _, g := range Goods() {
		p, err := m.addGood(ctx, sh.ID, merchant, g, categories)
		if err != nil {
			return fmt.Errorf("%s: %w", g.Name, err)
		}
		products = append(products, p)
	}
	if err := m.openRooms(ctx, sh.ID, people, products); err != nil {
		return err
	}
	return m.postVideos(ctx, sh.ID, people[Streamer], products)
}

func (m Mall) addGood(ctx context.Context, sh id.Shop, by id.User, g Good, categories []id.Category) (id.Product,
	error,
) {
	pic, err := m.addPicture(ctx, sh, g.Name+".jpg")
	if err != nil {
		return id.Product{}, err
	}
	g.Draft.Category, g.Draft.Pictures = categories[g.Category], []id.Media{pic.ID}
	p, err := m.Catalog.Create(ctx, sh, by, g.Draft)
	if err != nil {
		return id.Product{}, err
	}
	_, err = m.Catalog.SetState(ctx, sh, p.ID, catalog.OnSale)
	return p.ID, err
}

func (m Mall) addPicture(ctx context.Context, sh id.Shop, name string) (catalog.Object, error) {
	f, err := Open(name)
	if err != nil {
		return catalog.Object{}, err
	}
	o, err := m.Pictures.Add(ctx, sh, f)
	return o, errors.Join(err, f.Close())
}

func (m Mall) openRooms(ctx context.Context, sh id.Shop, people map[string]id.User, products []id.Product) error {
	cover, err := m.addPicture(ctx, sh, "live.jpg")
	if err != nil {
		return err
	}
	own, clip := RoomTitles()
	for _, p := range []room.Plan{
		{Title: own, Key: StreamKey, Host: people[Merchant]},
		{Title: clip, Key: ClipKey, Host: people[Streamer], Unkept: true},
		// Something to be reminded of.
		{Title: NextTitle(), Host: people[Streamer], ScheduledAt: m.evening(), Unkept: true},
	} {
		p.Shop, p.CoverURL = sh, cover.URL()
		if _, err := m.Stage.Create(ctx, idem.Fresh("demo"), stage.Plan{Plan: p, Products: products}); err != nil {
			return err
		}
	}
	return nil
}

// evening is tomorrow at eight in the evening, where the mall is.
func (m Mall) evening() time.Time {
	now := m.DB.Clock().Now().In(m.Zone)
	return time.Date(now.Year(), now.Month(), now.Day()+1, 20, 0, 0, 0, m.Zone)
}

// postVideos posts the demo clips as their author would; they are transcoded
// while the mall is open already.
func (m Mall) postVideos(ctx context.Context, shop id.Shop, author id.User, products []id.Product) error {
	for i, g := range Goods() {
		d := video.Draft{Caption: g.Caption, Product: products[i], Shop: shop}
		if err := m.postVideo(ctx, author, g, d); err != nil {
			return fmt.Errorf("%s: %w", g.Name, err)
		}
	}
	return nil
}

func (m Mall) postVideo(ctx context.Context, author id.User, g Good, d video.Draft) error {
	name := g.Name + ".mp4"
	f, err := Open(name)
	if err != nil {
		return err
	}
	d.Upload, err = m.Uploads.Import(ctx, author.String(), name, f)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	_, err = m.Videos.Post(ctx, idem.Fresh("demo"), author, d)
	return err
}
