package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// inspect returns the checksum of an archive that krew can install, as 64 small hexadecimal digits: it has the program, which may
// be executed, and the licence, both at its top.
func inspect(path, program string) (string, error) {
	content, err := os.ReadFile(path) //nolint:gosec // the caller's
	if err != nil {
		return "", err
	}
	files, err := filesOf(path, content)
	if err != nil {
		return "", err
	}
	const executable = 0o755
	if mode, ok := files[program]; !ok {
		return "", fmt.Errorf("there is no %s in it", program)
	} else if mode != executable {
		return "", fmt.Errorf("the mode of %s in it is %o and not %o", program, mode, executable)
	}
	if _, ok := files["LICENSE"]; !ok {
		return "", errors.New("there is no LICENSE in it")
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:]), nil
}

// filesOf are the modes of the files in an archive by their paths. Krew takes neither links nor paths that lead out of the archive.
func filesOf(path string, content []byte) (map[string]fs.FileMode, error) {
	files := map[string]fs.FileMode{}
	add := func(name string, mode fs.FileMode) error {
		if !mode.IsRegular() || !fs.ValidPath(name) {
			return fmt.Errorf("%q in it is no file of the archive", name)
		}
		files[name] = mode.Perm()
		return nil
	}
	if strings.HasSuffix(path, ".zip") {
		reader, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			return nil, err
		}
		for _, entry := range reader.File {
			if err := add(entry.Name, entry.Mode()); err != nil {
				return nil, err
			}
		}
		return files, nil
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	for reader := tar.NewReader(unpacked); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if err := add(header.Name, header.FileInfo().Mode()); err != nil {
			return nil, err
		}
	}
}
