package config

import (
	"slices"
	"strings"
	"time"
)

// Node says what this process does among those of a mall, and where the others reach it.
type Node struct {
	// Roles are what it does: api, live, worker; empty: all of them. Or edge, alone.
	Roles   []string `koanf:"roles"`
	Address string   `koanf:"address"`
	// Drain is how long it goes on serving once it is told to stop, and says on /readyz that it leaves.
	Drain time.Duration `koanf:"drain"`
}

// Edge says what a node with the role edge is an edge of.
type Edge struct {
	Origin string `koanf:"origin"`
	Memory int64  `koanf:"memory"`
}

// Roles of a node.
const (
	RoleAPI    = "api"    // pages and the API; what is due, and events
	RoleLive   = "live"   // publishers
	RoleWorker = "worker" // jobs
	RoleEdge   = "edge"   // pictures that other nodes have, without a database
)

// Does reports whether this node has a role.
func (n Node) Does(role string) bool {
	if len(n.Roles) == 0 {
		return role != RoleEdge
	}
	return slices.Contains(n.Roles, role)
}

// checkNode reports what cannot be of what a node does.
func (c Config) checkNode(bad func(cond bool, format string, args ...any)) {
	for _, role := range c.Node.Roles {
		bad(!slices.Contains([]string{RoleAPI, RoleLive, RoleWorker, RoleEdge}, role),
			"node.roles: %q is none of api, live, worker, edge", role)
	}
	edge := slices.Contains(c.Node.Roles, RoleEdge)
	bad(edge && len(c.Node.Roles) > 1, "node.roles: an edge has no database, so it can be nothing else beside")
	bad(edge && c.Edge.Origin == "", "edge.origin must say of which server this is an edge")
	bad(!publicAddress(c.Edge.Origin), "edge.origin must be an http or https address")
	bad(c.Edge.Memory < 16<<20, "edge.memory must be at least 16 MiB")
	bad(c.Node.Drain < 0, "node.drain must not be negative")
	bad(!strings.HasPrefix(c.Node.Address, "http://") && c.Node.Address != "",
		"node.address must begin with http://, by which other nodes reach this one")
}
