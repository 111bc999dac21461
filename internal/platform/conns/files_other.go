//go:build !unix

package conns

// OpenFilesMax is how many files this process may open; 0: that cannot be told.
func OpenFilesMax() int { return 0 }
