package stagetest

import "hawker/internal/catalog"

// Sale puts a product on sale, or takes it off.
func (k *Kit) Sale(p catalog.Product, to catalog.State) {
	k.T.Helper()
	k.Break("UPDATE product SET state = ? WHERE id = ?", to, p.ID)
}
