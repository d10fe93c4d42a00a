package harness

// Missing tells which tests are skipped on this machine though they are asked for, and why.
func Missing() []string {
	var missing []string
	if _, err := findMoto(); err != nil {
		missing = append(missing, "tests against moto: "+err.Error())
	}
	if err := nodeMissing(); err != nil {
		missing = append(missing, "tests on a node: "+err.Error())
	}
	return missing
}
