package engine

import (
	"strings"

	"sigs.k8s.io/yaml"
)

// yamlFunctions read and write YAML as External Secrets Operator's do: what can't be written is empty, and what can't be read
// is a dict whose key Error says why.
func yamlFunctions() map[string]any {
	return map[string]any{
		"toYaml": func(value any) string {
			text, err := yaml.Marshal(value)
			if err != nil {
				return ""
			}
			return strings.TrimSuffix(string(text), "\n")
		},
		"fromYaml": func(text string) map[string]any {
			dict := map[string]any{}
			if err := yaml.Unmarshal([]byte(text), &dict); err != nil {
				dict["Error"] = err.Error()
			}
			return dict
		},
	}
}
