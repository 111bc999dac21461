// Package soak runs the real program for a long time under mixed load while it is killed, its disk fills and its clock
// jumps, and proves in the end that nothing it acknowledged is lost. Its test has the build tag soak and is started by
// scripts/soak.
package soak
