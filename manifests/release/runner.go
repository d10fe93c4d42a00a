package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// runnerName is the name of the runner's program, in the image and in the names of files.
const runnerName = "externalsecret-runner"

// runner packs the layout of the runner's image, and lists the parts of the program of each platform in it.
func (r *release) runner(context.Context) error {
	index, err := r.index()
	if err != nil {
		return fmt.Errorf("read the image %s: %w", r.image, err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return fmt.Errorf("read the image %s: %w", r.image, err)
	}
	for _, descriptor := range manifest.Manifests {
		image, err := index.Image(descriptor.Digest)
		if err != nil {
			return fmt.Errorf("read the image for %s: %w", descriptor.Platform, err)
		}
		program, err := programOf(image)
		if err != nil {
			return fmt.Errorf("read the image for %s: %w", descriptor.Platform, err)
		}
		p := platform{descriptor.Platform.OS, descriptor.Platform.Architecture}
		parts, err := r.parts(runnerName, p, program)
		if err != nil {
			return fmt.Errorf("list the parts of the image for %s: %w", descriptor.Platform, err)
		}
		if err := r.write(runnerName+"_"+p.system+"_"+p.machine+partsSuffix, parts); err != nil {
			return err
		}
	}
	return r.packImage()
}

// index is the index of the images, which is the one thing in the layout.
func (r *release) index() (v1.ImageIndex, error) {
	top, err := layout.ImageIndexFromPath(r.image)
	if err != nil {
		return nil, err
	}
	manifest, err := top.IndexManifest()
	if err != nil {
		return nil, err
	}
	if len(manifest.Manifests) != 1 {
		return nil, fmt.Errorf("there are %d in it and not one", len(manifest.Manifests))
	}
	only := manifest.Manifests[0]
	if tag := only.Annotations["org.opencontainers.image.ref.name"]; tag != r.imageTag() {
		return nil, fmt.Errorf("it is tagged %s and not %s", tag, r.imageTag())
	}
	return top.ImageIndex(only.Digest)
}

// programOf is the runner's program in an image.
func programOf(image v1.Image) ([]byte, error) {
	content := mutate.Extract(image)
	defer content.Close()
	for reader := tar.NewReader(content); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("there is no program in it")
		}
		if err != nil {
			return nil, err
		}
		if header.Name == runnerName {
			return io.ReadAll(reader)
		}
	}
}

// packImage writes the layout as one file, which tools take in place of a directory.
func (r *release) packImage() error {
	var files []file
	top := os.DirFS(r.image)
	err := fs.WalkDir(top, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(top, path)
		files = append(files, file{path, 0o644, content})
		return err
	})
	if err != nil {
		return fmt.Errorf("read the image: %w", err)
	}
	var out bytes.Buffer
	if err := writeTar(&out, files, r.time); err != nil {
		return fmt.Errorf("pack the image: %w", err)
	}
	return r.write(runnerName+"_image.tar", out.Bytes())
}
