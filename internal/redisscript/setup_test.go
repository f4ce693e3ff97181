package redisscript

import (
	"testing/fstest"
)

// library makes a library of files, by their paths below lua/.
func library(files map[string]string) *Library {
	folder := fstest.MapFS{}
	for name, text := range files {
		folder["lua/"+name+".lua"] = &fstest.MapFile{Data: []byte(text)}
	}
	return New("%d+", nil, folder)
}
