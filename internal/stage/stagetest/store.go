package stagetest

import "hawker/internal/catalog"

// Sale puts a product on sale, or takes it off.
func (k *Kit) Sale(p catalog.Product, to catalog.State) {
	k.T.Helper()
	k.Break("UPDATE product SET state = ? WHERE id = ?", to, p.ID)
}

// die has the pictures of the program that ends be where nobody is any more: its
// database stays, and with it, where processes share one, its lease.
func (k *Kit) die() {
	if k.DB.Shared() {
		k.Break("UPDATE live_show SET node = 'ended' WHERE node = ?", k.DB.Node())
	}
}
