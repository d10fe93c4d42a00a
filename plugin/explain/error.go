package explain

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

const (
	// stdin stands for standard input where a text is expected.
	stdin = "-"
	// mostInput is how much is read from standard input, in bytes.
	mostInput = 1 << 20
)

// kindDiagnosis is the kind of what is printed for programs of a text.
const kindDiagnosis = "Diagnosis"

// ErrorOptions are resolved flags for a text.
type ErrorOptions struct {
	// Text is that of a failure, or stdin.
	Text    string
	Printer Printer
	Streams genericiooptions.IOStreams
}

// textDiagnosis is the shape in which programs read what is known of a text. It is versioned: fields are added, not changed.
type textDiagnosis struct {
	metav1.TypeMeta    `json:",inline"`
	diagnose.Diagnosis `json:",inline"`
}

// Run diagnoses the text and prints the answer.
func (o *ErrorOptions) Run() error {
	text, err := o.read()
	if err != nil {
		return err
	}
	known := diagnose.Text(text, nil)
	if o.Printer != nil {
		return o.Printer(textDiagnosis{typeMeta(kindDiagnosis), known}, o.Streams.Out)
	}
	var screen bytes.Buffer
	if known.ID == diagnose.Unknown {
		renderField(&screen, "Text", secret.Printable(secret.Redact(text)))
	}
	renderDiagnosis(&screen, known)
	if _, err := o.Streams.Out.Write(screen.Bytes()); err != nil {
		return fmt.Errorf("print the diagnosis: %w", err)
	}
	return nil
}

// read is the text itself.
func (o *ErrorOptions) read() (string, error) {
	text := o.Text
	if text == stdin {
		content, err := io.ReadAll(io.LimitReader(o.Streams.In, mostInput))
		if err != nil {
			return "", fmt.Errorf("read the text from standard input: %w", err)
		}
		text = string(content)
	}
	if strings.TrimSpace(text) == "" {
		return "", errors.New("there is no text to explain: it is empty")
	}
	return text, nil
}
