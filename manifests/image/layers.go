package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// Where things are in the image.
const (
	programPath = "/externalsecret-runner"
	rootsPath   = "/etc/ssl/certs/ca-certificates.crt"
	zonesPath   = "/usr/share/zoneinfo"
	licences    = "/licenses"
)

// programLayer holds the program, compiled for a platform, its licence and those of what is linked into it.
func programLayer(ctx context.Context, platform v1.Platform, version string) (v1.Layer, error) {
	dir, err := os.MkdirTemp("", "externalsecret-runner-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the program: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // the system cleans up its temporary directory too
	out := filepath.Join(dir, "runner")
	// No path of this machine and no state of its checkout in the program.
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -X main.version="+version, //nolint:gosec // the version is the caller's
		"-o", out, "./cmd/externalsecret-runner")
	build.Dir = filepath.Join("..", "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOOS="+platform.OS, "GOARCH="+platform.Architecture,
		"GOAMD64=v1", "GOARM64=v8.0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("compile the program: %w", err)
	}
	content, err := os.ReadFile(out) //nolint:gosec // just written
	if err != nil {
		return nil, fmt.Errorf("read the program: %w", err)
	}
	licence, err := os.ReadFile(filepath.Join("..", "..", "LICENSE"))
	if err != nil {
		return nil, fmt.Errorf("read the licence: %w", err)
	}
	collect := exec.CommandContext(ctx, "go", "run", "./manifests/licences", out) //nolint:gosec // just written
	collect.Dir, collect.Stderr = build.Dir, os.Stderr
	others, err := collect.Output()
	if err != nil {
		return nil, fmt.Errorf("collect the licences of what is in the program: %w", err)
	}
	return layerOf(file{programPath, 0o755, content}, file{licences + "/LICENSE", 0o644, licence}, file{licences + "/THIRD_PARTY_LICENSES", 0o644, others})
}

// commonLayer holds what the program reads from the system it is on, alike on each platform: the CA roots by which providers are
// verified, and the time zones that templates and sync windows name. They are files rather than part of the program, so that a
// volume can replace them, as for a company's own CA.
func commonLayer(ctx context.Context) (v1.Layer, error) {
	zones, err := timeZones(ctx)
	if err != nil {
		return nil, err
	}
	return layerOf(append(zones,
		file{rootsPath, 0o644, roots()}, file{licences + "/CA_ROOTS", 0o644, []byte(rootsLicence)},
	)...)
}

// rootsLicence is what Mozilla's licence wants to be said with the roots.
const rootsLicence = rootsPath + ` holds the CA roots that Mozilla trusts, taken over from
certdata.txt of NSS (https://hg.mozilla.org/projects/nss) by way of golang.org/x/crypto/x509roots/fallback.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0.
If a copy of the MPL was not distributed with this file, You can obtain one at https://mozilla.org/MPL/2.0/.
`

// roots are the CA roots that Mozilla trusts, in PEM, in the version that go.mod names. Those that it trusts for certificates of
// before some date only are left out, as a file can't say so.
func roots() []byte {
	var text bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			_ = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // a buffer takes everything
		}
	}
	return text.Bytes()
}

// timeZones are those of the Go toolchain.
func timeZones(ctx context.Context) ([]file, error) {
	goroot, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("find the Go toolchain: %w", err)
	}
	archive, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(goroot)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		return nil, fmt.Errorf("open the toolchain's time zones: %w", err)
	}
	defer func() { _ = archive.Close() }() // only read
	var zones []file
	for _, entry := range archive.File {
		if entry.FileInfo().IsDir() {
			continue
		}
		if !filepath.IsLocal(entry.Name) {
			return nil, fmt.Errorf("the toolchain's time zones have a file %q, which is outside of them", entry.Name)
		}
		content, err := read(entry)
		if err != nil {
			return nil, fmt.Errorf("read the time zone %s: %w", entry.Name, err)
		}
		zones = append(zones, file{path.Join(zonesPath, entry.Name), 0o644, content}) //nolint:gosec // checked above
	}
	if len(zones) == 0 {
		return nil, errors.New("the toolchain has no time zones")
	}
	return zones, nil
}

func read(entry *zip.File) ([]byte, error) {
	reader, err := entry.Open()
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	return io.ReadAll(reader)
}

// file is a file of the image. It belongs to root: the program, which does not run as root, may change nothing.
type file struct {
	path    string
	mode    int64
	content []byte
}

// layerOf is a layer of files, in the order of their paths and without times, with the directories that they are in.
func layerOf(files ...file) (v1.Layer, error) {
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.path, b.path) })
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	made := map[string]bool{"/": true}
	for _, f := range files {
		if err := directories(writer, path.Dir(f.path), made); err != nil {
			return nil, err
		}
		header := &tar.Header{Typeflag: tar.TypeReg, Name: f.path[1:], Mode: f.mode, Size: int64(len(f.content)), Format: tar.FormatPAX}
		if err := writer.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("write %s: %w", f.path, err)
		}
		if _, err := writer.Write(f.content); err != nil {
			return nil, fmt.Errorf("write %s: %w", f.path, err)
		}
	}
	if err := writer.Close(); err != nil {
		return nil, fmt.Errorf("end the layer: %w", err)
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive.Bytes())), nil })
}

func directories(writer *tar.Writer, dir string, made map[string]bool) error {
	if made[dir] {
		return nil
	}
	if err := directories(writer, path.Dir(dir), made); err != nil {
		return err
	}
	made[dir] = true
	if err := writer.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir[1:] + "/", Mode: 0o755, Format: tar.FormatPAX}); err != nil {
		return fmt.Errorf("write %s: %w", dir, err)
	}
	return nil
}
