package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/page"
	"hawker/internal/catalog"
	"hawker/internal/picture"
)

// stallsN is how many shops share the goods of a large mall.
const stallsN = 20

// stall is a shop that gets goods.
type stall struct {
	shop     id.Shop
	pictures []picture.Picture
	products []id.Product // of the first: those of the demo
}

// stalls are the demo shop and others, which belong to the operator.
func (l Large) stalls(ctx context.Context) ([]stall, error) {
	merchant, err := l.Accounts.ByEmail(ctx, Merchant)
	if err != nil {
		return nil, err
	}
	own, err := l.shopOf(ctx, merchant.ID)
	if err != nil {
		return nil, err
	}
	first, err := l.firstStall(ctx, own)
	if err != nil {
		return nil, err
	}
	operator, err := l.Accounts.ByEmail(ctx, Operator)
	if err != nil {
		return nil, err
	}
	works, err := l.Shops.MembersOf(ctx, operator.ID)
	if err != nil {
		return nil, err
	}
	out := []stall{first}
	for _, m := range works {
		out = append(out, stall{shop: m.Shop.ID})
	}
	for n := len(out); n < stallsN; n++ {
		name := text(fmt.Sprintf("市集 %d 号铺", n), fmt.Sprintf("Stall %d", n))
		sh, err := l.Shops.Open(ctx, name, "", operator.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, stall{shop: sh.ID})
	}
	for i := range out[1:] {
		pic, err := l.addPicture(ctx, out[1+i].shop, Goods()[i%len(Goods())].Name+".jpg")
		if err != nil {
			return nil, err
		}
		out[1+i].pictures = []picture.Picture{{ID: pic.ID, URL: pic.URL()}}
	}
	return out, nil
}

// firstStall is the demo shop with its goods: those that have words of the demo.
func (l Large) firstStall(ctx context.Context, own id.Shop) (s stall, err error) {
	s.shop = own
	for _, g := range Goods() {
		found, err := l.Catalog.List(ctx, catalog.Filter{Shop: own, Query: g.Draft.Title[lang.Chinese]},
			page.Request{Limit: 1})
		if err != nil {
			return s, err
		}
		for _, p := range found.Items {
			s.products, s.pictures = append(s.products, p.ID), p.Pictures
		}
	}
	if len(s.products) == 0 {
		return s, fmt.Errorf("%w: no goods of the demo are in its shop", errNoDemo)
	}
	return s, nil
}

// Words that a search is measured with, in a mall whose goods were multiplied: one in so many titles has them.
const (
	FrequentWord = "ceramic" // 1 of 8
	RareWord     = "moonlit" // 1 of 5,000
	AbsentWord   = "zeppelin"
)

const rareEvery = 5000

func kinds() []lang.Text {
	return []lang.Text{
		text("马克杯", "mug"),
		text("汤碗", "soup bowl"),
		text("餐盘", "dinner plate"),
		text("茶壶", "teapot"),
		text("花瓶", "vase"),
		text("吊灯", "pendant lamp"),
		text("手提袋", "tote bag"),
		text("围裙", "apron"),
		text("桌布", "tablecloth"),
		text("香薰蜡烛", "scented candle"),
		text("蜂蜜", "honey"),
		text("蜜柚", "pomelo"),
		text("乌龙茶", "oolong tea"),
		text("键盘", "keyboard"),
		text("耳机", "headphones"),
		text("充电器", "charger"),
		text("围巾", "scarf"),
		text("毛衣", "sweater"),
		text("帆布鞋", "canvas shoes"),
		text("雨伞", "umbrella"),
	}
}

func materials() []lang.Text {
	return []lang.Text{
		text("陶瓷", FrequentWord),
		text("手工", "hand-made"),
		text("竹编", "bamboo"),
		text("亚麻", "linen"),
		text("黄铜", "brass"),
		text("胡桃木", "walnut"),
		text("羊毛", "woollen"),
		text("玻璃", "glass"),
	}
}

func looks() []lang.Text {
	return []lang.Text{
		text("钴蓝", "cobalt"),
		text("月白", "moon-white"),
		text("复古", "vintage"),
		text("轻便", "light"),
		text("大容量", "large"),
		text("家用", "household"),
		text("便携", "portable"),
		text("限量", "limited"),
		text("极简", "plain"),
		text("加厚", "thick"),
		text("青釉", "celadon"),
		text("哑光", "matt"),
	}
}

// titleOf is what the n-th copy is called.
func titleOf(n int, r *rand.Rand) lang.Text {
	parts := []lang.Text{pick(r, looks()), pick(r, materials()), pick(r, kinds())}
	if n%rareEvery == rareEvery/2 {
		parts = append([]lang.Text{text("月影", RareWord)}, parts...)
	}
	zh, en := "", make([]string, len(parts))
	for i, p := range parts {
		zh += p[lang.Chinese]
		en[i] = p[lang.English]
	}
	title := strings.Join(en, " ")
	return text(fmt.Sprintf("%s %d款", zh, n), fmt.Sprintf("%s%s, no. %d", strings.ToUpper(title[:1]), title[1:], n))
}

// captionOf is what the n-th film says.
func captionOf(n int, r *rand.Rand) string {
	return fmt.Sprintf("%s的%s，第 %d 条", pick(r, looks())[lang.Chinese], pick(r, kinds())[lang.Chinese], n)
}

func pick(r *rand.Rand, list []lang.Text) lang.Text { return list[r.IntN(len(list))] }
