package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/page"
	"hawker/internal/catalog"
	"hawker/internal/category"
	"hawker/internal/media/upload"
	"hawker/internal/picture"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
	"hawker/internal/referral"
	"hawker/internal/room"
	"hawker/internal/shop"
	"hawker/internal/stage"
	"hawker/internal/video"
)

// Mall is an installation as its people use it.
type Mall struct {
	DB         *sqldb.DB
	Zone       *time.Location
	Accounts   *account.Service
	Shops      *shop.Service
	Pictures   *picture.Service
	Categories *category.Service
	Catalog    *catalog.Service
	Referrals  *referral.Service
	Stage      *stage.Service
	Uploads    *upload.Store
	Videos     *video.Service
}

// Fill fills an empty installation through the same services that people use. It
// goes on where it was ended before, by a crash or an error; one that has been filled
// is left alone, whatever its people have made of it since.
func (m Mall) Fill(ctx context.Context) error {
	done, err := m.filled(ctx)
	if done || err != nil {
		return err
	}
	people := map[string]id.User{}
	for _, p := range People() {
		if p.Email == Shopper {
			continue
		}
		if people[p.Email], err = m.register(ctx, p); err != nil {
			return fmt.Errorf("demo accounts: %w", err)
		}
	}
	if err := m.openShop(ctx, people); err != nil {
		return fmt.Errorf("demo shop: %w", err)
	}
	for _, p := range People() {
		if p.Email != Shopper {
			continue
		}
		if err := m.bringShopper(ctx, p, people[Promoter]); err != nil {
			return fmt.Errorf("demo shopper: %w", err)
		}
	}
	return nil
}

// filled reports whether all is there. The shopper is made last, and of the shopper
// that the promoter brought them; where only that is missing it is made up for, and
// nothing else is touched.
func (m Mall) filled(ctx context.Context) (bool, error) {
	shopper, err := m.Accounts.ByEmail(ctx, Shopper)
	if fault.Code(err) == "account.not_found" {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, bound, err := m.Referrals.PromoterName(ctx, "", shopper.ID)
	if bound || err != nil {
		return bound, err
	}
	promoter, err := m.Accounts.ByEmail(ctx, Promoter)
	if err != nil {
		return false, err
	}
	return true, m.introduce(ctx, shopper.ID, promoter.ID)
}

func (m Mall) register(ctx context.Context, p Person) (id.User, error) {
	u, err := m.Accounts.Admit(ctx, account.Registration{
		Email: p.Email, Password: Password, DisplayName: p.Name, Locale: lang.Chinese,
		Operator: p.Email == Operator,
	})
	if fault.Code(err) == "account.email_taken" { // a crash came between
		u, err = m.Accounts.ByEmail(ctx, p.Email)
	}
	return u.ID, err
}

// bringShopper makes the shopper.
func (m Mall) bringShopper(ctx context.Context, p Person, promoter id.User) error {
	shopper, err := m.register(ctx, p)
	if err != nil {
		return err
	}
	return m.introduce(ctx, shopper, promoter)
}

// introduce gives the shopper an address and makes them one whom the promoter brought.
func (m Mall) introduce(ctx context.Context, shopper, promoter id.User) error {
	book, err := m.Accounts.Addresses(ctx, shopper)
	if err == nil && len(book) == 0 {
		_, err = m.Accounts.SaveAddress(ctx, shopper, account.SavedAddress{
			Default: true,
			Address: account.Address{
				Name: "老周", Phone: "13800000000", Region: "福建省 泉州市 德化县", Detail: "瓷都大道 88 号",
			},
		})
	}
	if err != nil {
		return err
	}
	link, err := m.Referrals.LinkTo(ctx, promoter, referral.Target{})
	if err != nil {
		return err
	}
	return m.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		return m.Referrals.Welcome(ctx, tx, shopper, link.Code, referral.SourceRegister)
	})
}

func (m Mall) openShop(ctx context.Context, people map[string]id.User) error {
	merchant := people[Merchant]
	sh, err := m.shopOf(ctx, merchant)
	if err != nil {
		return err
	}
	if err := m.Shops.Hire(ctx, sh, people[Streamer], shop.Host); err != nil {
		return err
	}
	categories, err := m.categories(ctx)
	if err != nil {
		return err
	}
	there, err := m.Catalog.List(ctx, catalog.Filter{Shop: sh}, page.Request{Limit: page.LimitMax})
	if err != nil {
		return err
	}
	var products []id.Product
	for _, g := range Goods() {
		p, err := m.addGood(ctx, sh, merchant, g, categories, there.Items)
		if err != nil {
			return fmt.Errorf("%s: %w", g.Name, err)
		}
		products = append(products, p)
	}
	if err := m.openRooms(ctx, sh, people, products); err != nil {
		return err
	}
	return m.postVideos(ctx, sh, people[Streamer], products)
}

// shopOf is the merchant's shop, opened unless it is.
func (m Mall) shopOf(ctx context.Context, merchant id.User) (id.Shop, error) {
	works, err := m.Shops.MembersOf(ctx, merchant)
	if err != nil {
		return id.Shop{}, err
	}
	if len(works) > 0 {
		return works[0].Shop.ID, nil
	}
	sh, err := m.Shops.Open(ctx, ShopName(), "", merchant)
	return sh.ID, err
}

func (m Mall) categories(ctx context.Context) (out []id.Category, err error) {
	there, err := m.Categories.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range Categories() {
		i := slices.IndexFunc(there, func(c category.Category) bool { return maps.Equal(c.Name, name) })
		if i >= 0 {
			out = append(out, there[i].ID)
			continue
		}
		c, err := m.Categories.Add(ctx, name)
		if err != nil {
			return nil, err
		}
		out = append(out, c.ID)
	}
	return out, nil
}

func (m Mall) addGood(ctx context.Context, sh id.Shop, by id.User, g Good, categories []id.Category,
	there []catalog.Product,
) (id.Product, error) {
	for _, p := range there {
		if !maps.Equal(p.Title, g.Draft.Title) {
			continue
		}
		_, err := m.Catalog.SetState(ctx, sh, p.ID, catalog.OnSale)
		return p.ID, err
	}
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

func (m Mall) addPicture(ctx context.Context, sh id.Shop, name string) (picture.Object, error) {
	f, err := Open(name)
	if err != nil {
		return picture.Object{}, err
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
		{Title: NextTitle(), Key: nextKey, Host: people[Streamer], ScheduledAt: m.evening(), Unkept: true},
	} {
		p.Shop, p.CoverURL = sh, cover.URL()
		_, err := m.Stage.Create(ctx, idem.Fresh("demo"), stage.Plan{Plan: p, Products: products})
		if err != nil && fault.Code(err) != "live.key_taken" { // it was opened before a crash
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
	there, err := m.Videos.Of(ctx, author, shop, page.Request{Limit: page.LimitMax})
	if err != nil {
		return err
	}
	for i, g := range Goods() {
		if slices.ContainsFunc(there.Items, func(v video.Video) bool { return v.Caption == g.Caption }) {
			continue
		}
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
