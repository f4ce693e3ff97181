// Package webapp is the dashboard, a page in React. Vite builds it into dist, which is
// part of the binary; internal/dashboard serves it.
package webapp

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var embedded embed.FS

// Dist has the files of the built page; if it was not built, only .gitkeep, which is
// there so that this package compiles.
func Dist() fs.FS {
	dist, err := fs.Sub(embedded, "dist")
	if err != nil {
		panic(err) // it is a valid path
	}
	return dist
}
