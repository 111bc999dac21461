package app

import (
	"hawker/internal/media/record"
	"hawker/internal/platform/module"
	"hawker/internal/platform/space"
)

// Modules are those of the list.
func (a *App) Modules() []module.Module { return a.modules }

// Bring adds a module, as one more line of the list would.
func (a *App) Bring(m module.Module) { a.modules = append(a.modules, m) }

// Kept is the archive of recordings beside a reserve of the disk.
func Kept(a record.Archive, r *space.Reserve) record.Archive { return kept{a, r} }
