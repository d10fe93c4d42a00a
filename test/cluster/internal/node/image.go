package node

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"
)

// WriteImage writes an image of one static program, which it runs as user 65532 with the arguments, in the format of docker save.
func WriteImage(w io.Writer, name, program string, args ...string) error {
	content, err := os.ReadFile(program)
	if err != nil {
		return fmt.Errorf("read the program of the image %s: %w", name, err)
	}
	if err := requireStatic(content); err != nil {
		return fmt.Errorf("make an image of %s: %w", program, err)
	}
	layer, err := archive(file{"program", content, 0o755})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(layer)
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"created":      time.Unix(0, 0).UTC(),
		"config":       map[string]any{"Entrypoint": []string{"/program"}, "Cmd": args, "User": "65532:65532"},
		"rootfs":       map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + hex.EncodeToString(sum[:])}},
	})
	if err != nil {
		return fmt.Errorf("write the configuration of the image %s: %w", name, err)
	}
	manifest, err := json.Marshal([]map[string]any{{"Config": "config.json", "RepoTags": []string{name}, "Layers": []string{"layer.tar"}}})
	if err != nil {
		return fmt.Errorf("write the manifest of the image %s: %w", name, err)
	}
	image, err := archive(file{"config.json", config, 0o644}, file{"layer.tar", layer, 0o644}, file{"manifest.json", manifest, 0o644})
	if err != nil {
		return err
	}
	if _, err := w.Write(image); err != nil {
		return fmt.Errorf("write the image %s: %w", name, err)
	}
	return nil
}

// requireStatic is an error for a program that can't run where there is no other file.
func requireStatic(program []byte) error {
	file, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return fmt.Errorf("read it as a program for Linux: %w", err)
	}
	for _, part := range file.Progs {
		if part.Type == elf.PT_INTERP {
			return errors.New("it needs shared libraries, which an image of one file has not: build it with CGO_ENABLED=0")
		}
	}
	return nil
}

// file is one member of an archive.
type file struct {
	name    string
	content []byte
	mode    int64
}

// archive is a tar file.
func archive(files ...file) ([]byte, error) {
	var buffer bytes.Buffer
	w := tar.NewWriter(&buffer)
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.content)), Typeflag: tar.TypeReg}); err != nil {
			return nil, fmt.Errorf("write %s of an image: %w", f.name, err)
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, fmt.Errorf("write %s of an image: %w", f.name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("write an image: %w", err)
	}
	return buffer.Bytes(), nil
}
