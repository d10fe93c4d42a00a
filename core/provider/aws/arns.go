package aws

import (
	"regexp"
	"strings"
)

// anySuffix stands for the six random characters that end a secret's ARN, after a hyphen.
const anySuffix = "-??????"

// suffixed matches an ARN that may have those characters.
var suffixed = regexp.MustCompile(`-[A-Za-z0-9]{6}$`)

// place is where the resources of IAM policies are.
type place struct{ partition, region, account string }

func placeOf(region, account string) place {
	partition := "aws"
	for prefix, other := range map[string]string{
		"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b", "us-isof-": "aws-iso-f",
		"eu-isoe-": "aws-iso-e", "eusc-": "aws-eusc",
	} {
		if strings.HasPrefix(region, prefix) {
			partition = other
		}
	}
	return place{partition, region, account}
}

// accountOf is the account of an ARN; empty for what is none.
func accountOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 && parts[0] == "arn" {
		return parts[4]
	}
	return ""
}

// secret are the ARNs that a secret may have which is asked for by name or ARN. Whether an ARN has its random characters is not
// always plain to see.
func (p place) secret(key string) []string {
	switch {
	case !strings.HasPrefix(key, "arn:"):
		return []string{p.arn("secretsmanager", "secret:") + literal(key) + anySuffix}
	case suffixed.MatchString(key):
		return []string{literal(key), literal(key) + anySuffix}
	default:
		return []string{literal(key) + anySuffix}
	}
}

// secretsFrom matches the secrets whose names begin with start.
func (p place) secretsFrom(start string) string {
	return p.arn("secretsmanager", "secret:") + literal(start) + "*"
}

// parameter is the ARN of a parameter that is asked for by name or ARN, with or without a version.
func (p place) parameter(key string) string {
	if strings.HasPrefix(key, "arn:") {
		if hasSelector(key) && strings.Contains(key, ":parameter/") {
			key = key[:strings.LastIndex(key, ":")]
		}
		return literal(key)
	}
	return p.arn("ssm", "parameter/") + literal(bareName(key))
}

// paths are the ARNs by which a search below a path may be judged: with and without a slash at its end.
func (p place) paths(path string) []string {
	all := p.arn("ssm", "parameter/")
	if path = strings.Trim(path, "/"); path == "" {
		return []string{all}
	}
	return []string{all + literal(path), all + literal(path) + "/"}
}

// parametersFrom matches the parameters that a search may find.
func (p place) parametersFrom(s search) string {
	start := s.opening
	if path := strings.Trim(pathOf(s), "/"); s.path != "" && path != "" {
		start = path + "/"
	}
	return p.arn("ssm", "parameter/") + literal(strings.TrimPrefix(start, "/")) + "*"
}

func (p place) arn(service, resource string) string {
	return strings.Join([]string{"arn", p.partition, service, p.region, p.account, resource}, ":")
}

// literal keeps a text, which may be anybody's, from being taken for a pattern or a variable of IAM.
func literal(text string) string {
	return strings.NewReplacer("*", "${*}", "?", "${?}", "$", "${$}").Replace(text)
}
