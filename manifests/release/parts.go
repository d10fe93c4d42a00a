package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// partsSuffix is added to the name of what a parts list (SBOM) is of.
const partsSuffix = ".cdx.json"

const product = "github.com/kubectl-externalsecret/kubectl-externalsecret"

// parts is the parts list of a program, in CycloneDX: the modules that were linked into it, which the program itself names, and Go's
// standard library. It says nothing of which of them needs which, and nothing of licences.
func (r *release) parts(name string, p platform, program []byte) ([]byte, error) {
	info, err := buildinfo.Read(bytes.NewReader(program))
	if err != nil {
		return nil, fmt.Errorf("read what the program is made of: %w", err)
	}
	sum := sha256.Sum256(program)
	version := strings.TrimPrefix(info.GoVersion, "go")
	components := []cdx.Component{library("std", version)}
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		components = append(components, library(module.Path, module.Version))
	}
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{
		Timestamp: r.time.Format(time.RFC3339),
		Component: &cdx.Component{
			BOMRef: "program", Type: cdx.ComponentTypeApplication, Name: name, Version: r.version,
			PackageURL: fmt.Sprintf("pkg:golang/%s@%s?goarch=%s&goos=%s&type=module#cmd/%s", product, escape(r.version), p.machine, p.system, name),
			Hashes:     &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(sum[:])}},
			Licenses:   &cdx.Licenses{{License: &cdx.License{ID: "Apache-2.0"}}},
		},
	}
	bom.Components = &components
	var out bytes.Buffer
	if err := cdx.NewBOMEncoder(&out, cdx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false).EncodeVersion(bom, cdx.SpecVersion1_6); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return out.Bytes(), nil
}

// library is a module, or what scanners take for the one of the standard library.
func library(path, version string) cdx.Component {
	url := "pkg:golang/" + path + "@" + escape(cmp.Or(version, "unknown"))
	return cdx.Component{BOMRef: url, Type: cdx.ComponentTypeLibrary, Name: path, Version: version, PackageURL: url}
}

// escape writes a version as package URLs have it.
func escape(version string) string { return strings.ReplaceAll(version, "+", "%2B") }
