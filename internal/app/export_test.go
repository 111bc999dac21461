package app

import (
	"hawker/internal/platform/config"
	"hawker/internal/platform/keyring"
	"hawker/internal/platform/module"
)

// Modules are those of the list.
func (a *App) Modules() []module.Module { return a.modules }

// Bring adds a module, as one more line of the list would.
func (a *App) Bring(m module.Module) { a.modules = append(a.modules, m) }

// Ring is the master key with all that it seals.
func Ring(cfg config.Config) keyring.Ring { return ring(cfg) }
