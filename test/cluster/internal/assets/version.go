//go:build unix

package assets

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// kubernetesVersion is the version of k8s.io/kubernetes that a go.mod requires, such as v1.36.3.
func kubernetesVersion(goMod []byte) (string, error) {
	lines := bufio.NewScanner(bytes.NewReader(goMod))
	for lines.Scan() {
		fields := strings.Fields(strings.TrimPrefix(lines.Text(), "require "))
		if len(fields) >= 2 && fields[0] == "k8s.io/kubernetes" {
			return fields[1], nil
		}
	}
	if err := lines.Err(); err != nil {
		return "", fmt.Errorf("read go.mod: %w", err)
	}
	return "", errors.New("go.mod does not require k8s.io/kubernetes")
}

// majorMinor splits the first two numbers off a version such as v1.36.3.
func majorMinor(version string) (major, minor string, err error) {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	if !strings.HasPrefix(version, "v") || len(parts) != 3 {
		return "", "", fmt.Errorf("version %q of k8s.io/kubernetes is not of the form v1.2.3", version)
	}
	return parts[0], parts[1], nil
}
