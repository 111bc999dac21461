// Command generate writes the comments of the types that travel to the file that the
// program carries. It is run at the root of the source by make openapi.
package main

import (
	"encoding/json"
	"log"
	"os"

	"hawker/internal/platform/schemadoc"
)

func main() {
	docs, err := schemadoc.Read("hawker", ".")
	if err != nil {
		log.Fatal(err)
	}
	raw, err := json.MarshalIndent(docs, "", "  ")
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(schemadoc.File, append(raw, '\n'), 0o644); err != nil {
		log.Fatal(err)
	}
}
