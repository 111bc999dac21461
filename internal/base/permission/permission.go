// Package permission names what somebody may do in a shop. An operation, a
// channel or a media path asks for one; `shop` says which role has which. They
// are typed so that a misspelt one does not compile.
package permission

// Permission is one thing that a role may do.
type Permission string

// The permissions.
const (
	CatalogRead  Permission = "catalog.read"
	CatalogWrite Permission = "catalog.write"
	StockWrite   Permission = "stock.write"
	OrdersRead   Permission = "orders.read"
	OrdersShip   Permission = "orders.ship"
	LiveRun      Permission = "live.run"
	LiveModerate Permission = "live.moderate"
	VideoRun     Permission = "video.run"
	FiguresRead  Permission = "figures.read"
	StaffManage  Permission = "staff.manage"
)

// All lists every permission.
func All() []Permission {
	return []Permission{
		CatalogRead, CatalogWrite, StockWrite, OrdersRead, OrdersShip, LiveRun, LiveModerate, VideoRun, FiguresRead,
		StaffManage,
	}
}
