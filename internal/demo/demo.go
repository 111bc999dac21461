// Package demo holds what an empty installation is filled with: goods of our own
// drawing, in both languages, and the people who trade them.
package demo

import (
	"embed"
	"io"

	"hawker/internal/base/lang"
	"hawker/internal/commission"
	"hawker/internal/listing"
)

//go:embed material/*
var files embed.FS

// Password of every demo account.
const Password = "hawker-demo"

// Emails of the demo accounts.
const (
	Operator = "operator@hawker.demo"
	Merchant = "merchant@hawker.demo"
	Streamer = "streamer@hawker.demo"
	Promoter = "promoter@hawker.demo"
	Shopper  = "shopper@hawker.demo"
)

// Person is a demo account.
type Person struct {
	Email string
	Name  string
}

// People lists the demo accounts.
func People() []Person {
	return []Person{{Operator, "管理员"}, {Merchant, "青窑掌柜"}, {Streamer, "小青"}, {Promoter, "阿荐"}, {Shopper, "老周"}}
}

// Keys of the demo rooms: the first is for a newcomer's own encoder, in the
// second a clip plays.
const (
	StreamKey = "demo"
	ClipKey   = "demo-clip"
	nextKey   = "demo-next" // of the show that is announced
)

// Open reads a file of the demo material.
func Open(name string) (io.ReadCloser, error) { return files.Open("material/" + name) }

// ShopName is the demo shop's.
func ShopName() lang.Text { return text("青窑小铺", "Blue Kiln") }

// RoomTitles are those of the two demo rooms.
func RoomTitles() (own, clip string) { return "今晚八点开窑", "青窑日常 · 循环播放" }

// NextTitle is of the show that is announced.
func NextTitle() string { return "明晚新窑首发" }

// Categories are the mall's shelves.
func Categories() []lang.Text {
	return []lang.Text{text("家居", "Home"), text("美食", "Food"), text("数码", "Digital"), text("服饰", "Fashion")}
}

// Good is a demo product.
type Good struct {
	Name     string // of its files
	Category int
	Draft    listing.Listing
	Caption  string // of its video
}

func text(zh, en string) lang.Text { return lang.Text{lang.Chinese: zh, lang.English: en} }

func one(price, was, stock int64) []listing.SKU {
	return []listing.SKU{{Code: "STD", Price: price, WasPrice: was, Initial: stock}}
}

// Goods are the demo products.
func Goods() []Good {
	rates := commission.Levels{1000, 300}
	return []Good{
		{Name: "mug", Category: 0, Caption: "手拉坯，一只杯子要转三百圈。今晚八点直播间开窑，第一批只有 60 只", Draft: listing.Listing{
			Title: text("青釉手作马克杯 320ml 家用咖啡杯", "Cobalt stoneware mug, 320 ml"),
			Description: text("手拉坯，高温一次烧成，釉面耐洗。每只略有不同，这正是手作的样子。可进洗碗机与微波炉。",
				"Thrown by hand and fired once at high heat; the glaze stands up to washing. No two are alike, which "+
					"is the point. Dishwasher and microwave safe."),
			Options: []listing.Option{{Name: text("釉色", "Glaze"), Values: []lang.Text{
				text("钴蓝", "Cobalt"),
				text("月白", "Moon white"),
			}}},
			SKUs: []listing.SKU{
				{Code: "MUG-B", Choice: []int{0}, Price: 6900, WasPrice: 9900, Initial: 60},
				{Code: "MUG-W", Choice: []int{1}, Price: 7200, WasPrice: 9900, Initial: 40},
			}, Commission: rates,
		}},
		{Name: "bag", Category: 3, Caption: "红白蓝，装得下一整个菜市场", Draft: listing.Listing{
			Title: text("红白蓝帆布手提袋 大容量买菜包", "Red-white-blue tote, large"),
			Description: text("厚帆布，双线车缝，底部加固，能装二十斤。折起来只有手掌大。",
				"Heavy canvas, double stitched, with a reinforced base; carries ten kilos and folds to the size of a "+
					"hand."),
			Options: []listing.Option{{Name: text("尺寸", "Size"), Values: []lang.Text{
				text("中号", "Medium"),
				text("大号", "Large"),
			}}},
			SKUs: []listing.SKU{
				{Code: "BAG-M", Choice: []int{0}, Price: 3980, Initial: 480},
				{Code: "BAG-L", Choice: []int{1}, Price: 4980, Initial: 300},
			}, Commission: rates,
		}},
		{Name: "lamp", Category: 0, Caption: "一盏灯，一张桌子，一顿饭", Draft: listing.Listing{
			Title: text("珐琅吊灯 复古餐厅灯罩", "Enamel pendant lamp"),
			Description: text("搪瓷灯罩，E27 灯头，线长一米可调。灯泡另购。",
				"Enamel shade, E27 socket, one metre of adjustable cord. Bulb not included."),
			SKUs: one(25900, 32900, 9), Commission: commission.Levels{1200, 400},
		}},
		{Name: "fruit", Category: 1, Caption: "凌晨下树，三天到家", Draft: listing.Listing{
			Title: text("福建红心蜜柚 产地直发 5斤装", "Honey pomelo, 2.5 kg"),
			Description: text("平和产区，现摘现发，每箱两到三只。坏果包赔。",
				"Picked to order in Pinghe and sent the same day, two or three to a box. Spoiled fruit is replaced."),
			SKUs: one(2990, 0, 1200), Commission: commission.Levels{800, 200},
		}},
		{Name: "phones", Category: 2, Caption: "戴上，地铁就没声了", Draft: listing.Listing{
			Title: text("头戴式无线耳机 主动降噪", "Wireless headphones, noise cancelling"),
			Description: text("四十小时续航，快充十分钟听四小时，可同时连接两台设备。",
				"Forty hours on a charge, four more from ten minutes at the plug, two devices at once."),
			Options: []listing.Option{{Name: text("颜色", "Colour"), Values: []lang.Text{
				text("曜石黑", "Black"),
				text("砂岩", "Sand"),
			}}},
			SKUs: []listing.SKU{
				{Code: "HP-K", Choice: []int{0}, Price: 39900, WasPrice: 49900, Initial: 64},
				{Code: "HP-S", Choice: []int{1}, Price: 39900, WasPrice: 49900, Initial: 32},
			}, Commission: rates,
		}},
	}
}
