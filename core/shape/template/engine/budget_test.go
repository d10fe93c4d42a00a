package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template/engine"
)

func TestTemplatesThatRunAwayAreStopped(t *testing.T) {
	anchors := "a0: &a0 [" + strings.Repeat("x", 100) + "]\n"
	for i := range 5 {
		anchors += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i), 9), ","))
	}
	var kept strings.Builder
	for i := range 9000 {
		fmt.Fprintf(&kept, `{{ $x%d := repeat 2000000 "x" }}`, i)
	}
	for name, tc := range map[string]struct{ template, want string }{
		"a loop that does nothing":                {`{{ range 1000000000000 }}{{ end }}`, "too much work"},
		"loops within loops":                      {`{{ range 9999 }}{{ range 9999 }}{{ range 9999 }}{{ end }}{{ end }}{{ end }}`, "too much work"},
		"a loop that prints":                      {`{{ range 1000000000 }}` + strings.Repeat("x", 1000) + `{{ end }}`, "more than 4194304 bytes"},
		"a loop that hashes":                      {`{{ $x := "" }}{{ range 99999999 }}{{ $x = sha512sum (repeat 9999 $x) }}{{ end }}`, "too much work"},
		"a loop that makes a list":                {`{{ $x := list }}{{ range 99999999 }}{{ $x = append $x 1 }}{{ end }}`, "too much work"},
		"a template that calls itself":            {`{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}`, "call each other without an end"},
		"a template that calls the outermost one": {`{{ template "(template)" . }}`, "call each other without an end"},
		"a template that calls itself twice": {
			`{{ define "a" }}{{ if lt (len .) 100 }}{{ template "a" (append . 1) }}{{ template "a" (append . 1) }}{{ end }}{{ end }}{{ template "a" list }}`, "too much work"},
		"text that doubles":                           {`{{ $x := "ab" }}{{ range 99 }}{{ $x = print $x $x }}{{ end }}`, "larger than 2097152 bytes"},
		"text that doubles without a call":            {`{{ $x := "ab" }}{{ range 99 }}{{ $x = printf "%s%s" $x $x }}{{ end }}`, "larger than 2097152 bytes"},
		"a list that doubles":                         {`{{ $x := list }}{{ range 99 }}{{ $x = list $x $x }}{{ end }}`, "larger than 2097152 bytes"},
		"a list that nests":                           {`{{ $x := list }}{{ range 99 }}{{ $x = list $x }}{{ end }}`, "nests more than 64 deep"},
		"a dict that contains itself":                 {`{{ $x := dict }}{{ $_ := set $x "x" $x }}{{ $x }}`, "contains itself"},
		"a dict in a list that it contains":           {`{{ $x := dict }}{{ $y := list $x }}{{ $_ := set $x "y" $y }}{{ $y }}`, "contains itself"},
		"a dict that grows after it was put in":       {`{{ $x := dict }}{{ $y := list $x $x $x }}{{ $_ := set $x "y" (repeat 2000000 "y") }}{{ $y }}`, "larger than 2097152 bytes"},
		"text that is kept again and again":           {kept.String(), "too much work"},
		"text that is made again and again":           {`{{ range 99999 }}{{ $x := repeat 2000000 "x" }}{{ end }}`, "too much work"},
		"lists that are made again and again":         {`{{ range 99999 }}{{ $x := until 99999 }}{{ end }}`, "too much work"},
		"repeat":                                      {`{{ repeat 9223372036854775807 "aa" }}`, "repeat: it would make more than 2097152 bytes"},
		"indent":                                      {`{{ indent 1000000000 "a" }}`, "indent: it would make more"},
		"nindent":                                     {`{{ nindent 1000 (repeat 9999 "\n") }}`, "nindent: it would make more"},
		"replace":                                     {`{{ replace "a" (repeat 9999 "b") (repeat 9999 "a") }}`, "replace: it would make more"},
		"replace of nothing":                          {`{{ replace "" (repeat 9999 "b") (repeat 9999 "a") }}`, "replace: it would make more"},
		"join":                                        {`{{ join (repeat 9999 "b") (until 9999) }}`, "join: it would make more"},
		"wrapWith":                                    {`{{ wrapWith 0 (repeat 9999 "b") (repeat 9999 "a") }}`, "wrapWith: it would make more"},
		"wrapWith at spaces":                          {`{{ wrapWith 3 (repeat 9999 "b") (repeat 9999 "a ") }}`, "wrapWith: it would make more"},
		"split":                                       {`{{ split "" (repeat 999999 "a") }}`, "split: it would make more than 100000 items"},
		"splitn":                                      {`{{ splitn "" -1 (repeat 999999 "a") }}`, "splitn: it would make more than 100000 items"},
		"splitList":                                   {`{{ splitList "" (repeat 999999 "a") }}`, "splitList: a value is larger"},
		"until":                                       {`{{ until -1000000000 }}`, "until: it would make more than 100000 items"},
		"untilStep":                                   {`{{ untilStep 0 1000000000 2 }}`, "untilStep: it would make more than 100000 items"},
		"untilStep beyond the end of an int":          {`{{ untilStep 0 9223372036854775807 4611686018427387904 }}`, "untilStep: it counts with numbers that are too large"},
		"untilStep downwards":                         {`{{ untilStep 1000000000 0 -1 }}`, "untilStep: it would make more than 100000 items"},
		"seq to an end":                               {`{{ seq 1000000000 }}`, "seq: it would make more than 100000 items"},
		"seq from a start":                            {`{{ seq 0 -1000000000 }}`, "seq: it would make more than 100000 items"},
		"seq in steps":                                {`{{ seq 0 2 1000000000 }}`, "seq: it would make more than 100000 items"},
		"a width in printf":                           {`{{ printf "%999999d%999999d%999999d" 1 2 3 }}`, "printf: its widths add up to more than 2097152"},
		"a precision in printf":                       {`{{ printf "%.999999f%.999999f%.999999f" 1.0 2.0 3.0 }}`, "printf: its widths add up to more than 2097152"},
		"a width that is an argument of printf":       {`{{ printf "%*d%*d%*d" 999999 1 999999 1 999999 1 }}`, "printf: its widths add up to more than 2097152"},
		"randAlphaNum":                                {`{{ randAlphaNum 999999999 }}`, "randAlphaNum: it would make more than 100000 items"},
		"randBytes":                                   {`{{ randBytes 999999999 }}`, "randBytes: it would make more than 100000 items"},
		"uniq of a long list":                         {`{{ uniq (until 99999) }}`, "uniq: the templates take too much work"},
		"without of a long list":                      {`{{ without (until 99999) 1 }}`, "without: the templates take too much work"},
		"a pattern that is compiled to much":          {`{{ regexMatch "a{1000}b{1000}c{1000}d{1000}e{1000}f{1000}" "x" }}`, "regexMatch: the regular expression repeats too much"},
		"a pattern that is too long":                  {`{{ regexMatch (repeat 2000 "a") "x" }}`, "regexMatch: a regular expression has at most 1000 bytes"},
		"a pattern over much text, again and again":   {`{{ $x := repeat 99999 "x" }}{{ range 9999 }}{{ $_ := regexMatch "(x+x+)+y" $x }}{{ end }}`, "too much work"},
		"a replacement that makes much":               {`{{ regexReplaceAll "a" (repeat 9999 "a") (repeat 9999 "b") }}`, "regexReplaceAll: it would make more"},
		"a replacement that repeats a match":          {`{{ regexReplaceAll "^.*$" (repeat 99999 "a") (repeat 99 "${0}") }}`, "regexReplaceAll: it would make more"},
		"a literal replacement that makes much":       {`{{ regexReplaceAllLiteral "a" (repeat 9999 "a") (repeat 9999 "b") }}`, "regexReplaceAllLiteral: it would make more"},
		"many matches of many groups":                 {`{{ regexReplaceAll (repeat 200 "()") (repeat 9999 "a") "" }}`, "regexReplaceAll: the regular expression matches too often"},
		"JSON that nests":                             {`{{ fromJson (print (repeat 9999 "[") (repeat 9999 "]")) }}`, "nests more than 64 deep"},
		"YAML whose anchors multiply":                 {`{{ if contains "excessive aliasing" (fromYaml .anchors).Error }}{{ fail "stopped" }}{{ end }}`, "stopped"},
		"a file of PKCS #12 with too many iterations": {`{{ pkcs12key (b64dec "MA8EAXMCBH////8wBAQBcwIB") }}`, "more than 2000000 iterations"},
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			_, err := render(tc.template, map[string]string{"anchors": anchors}, engine.Options{})
			require.ErrorContains(t, err, tc.want)
			assert.Less(t, time.Since(begin), 20*time.Second)
		})
	}
}

func TestWhatIsUsualIsWithinTheBudget(t *testing.T) {
	large := strings.Repeat("0123456789abcde\n", 60_000) // close to what a Secret can hold
	values := map[string]string{"large": large}
	for name, template := range map[string]string{
		"a large value passed through functions":        `{{ .large | b64enc | b64dec | trim | indent 0 | sha256sum }}`,
		"a large value printed":                         `{{ .large }}`,
		"a large value split into lines":                `{{ splitList "\n" .large | len }}`,
		"a list of thousand items made one by one":      `{{ $x := list }}{{ range until 1000 }}{{ $x = append $x . }}{{ end }}{{ len $x }}`,
		"a pattern over many lines":                     `{{ regexReplaceAll "(?m)^([0-9]+)" (trunc 32000 .large) "$1-" | len }}`,
		"fifty users of htpasswd":                       `{{ range until 50 }}{{ $_ := htpasswd "u" "p" "sha" }}{{ end }}`,
		"a certificate authority with two certificates": `{{ $ca := genCA "ca" 1 }}{{ (genSignedCert "a" nil nil 1 $ca).Cert | len }}{{ (genSignedCert "b" nil nil 1 $ca).Cert | len }}`,
		"large JSON": `{{ toJson .large | fromJson | len }}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := render(template, values, engine.Options{})
			require.NoError(t, err)
		})
	}
}

func TestTemplatesOfOneEngineShareTheBudget(t *testing.T) {
	e := engine.New()
	template, err := e.Parse(`{{ range until 50000 }}{{ end }}`, engine.Options{})
	require.NoError(t, err)
	_, err = template.Execute(nil)
	require.NoError(t, err, "once it is within the budget")
	for range 100 {
		if _, err = template.Execute(nil); err != nil {
			break
		}
	}
	require.ErrorContains(t, err, "too much work")
}
