package commission

import "hawker/internal/base/id"

// Tree answers what the order needs to know of people.
type Tree struct {
	// Parent is who brought a user, or none.
	Parent func(id.User) id.User
	// Disabled people earn nothing; their share is void. Nil: nobody is.
	Disabled func(id.User) bool
}

// Chain is who is paid, by level from 1; none where a share is void. Nobody
// moves up into an empty level.
type Chain [LevelsMax]id.User

// At is the beneficiary of a level (from 1), or none.
func (c Chain) At(level int) id.User {
	if level < 1 || level > len(c) {
		return id.User{}
	}
	return c[level-1]
}

// Beneficiaries walks from the attributed distributor up. Without one, and when
// a buyer's own link brought him while self-purchase is off, the buyer's bound
// promoter takes the place. The buyer is never level 2 or 3. A user appears
// once, so that a loop in the data ends the walk.
func Beneficiaries(buyer, attributed id.User, tree Tree, p Policy) Chain {
	var chain Chain
	if attributed.IsZero() || (attributed == buyer && !p.SelfPurchase) {
		attributed = tree.Parent(buyer)
	}
	seen := map[id.User]bool{}
	user := attributed
	for level := 1; level <= p.levels() && !user.IsZero() && !seen[user]; level++ {
		seen[user] = true
		own := user == buyer && (!p.SelfPurchase || level > 1)
		off := tree.Disabled != nil && tree.Disabled(user)
		if !own && !off {
			chain[level-1] = user
		}
		user = tree.Parent(user)
	}
	return chain
}
