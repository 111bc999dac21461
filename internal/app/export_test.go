package app

import "hawker/internal/platform/module"

// Bring adds a module, as one more line of the list would.
func (a *App) Bring(m module.Module) { a.modules = append(a.modules, m) }
