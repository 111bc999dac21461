//go:build !unix

package main

// private has nothing to do where rights are those of the folder.
func private() {}
