// What Vault finds the other members of its cluster with, left out: a Vault for tests is alone, and more than half of what was compiled
// for it was the clients of the clouds where it might look.
module github.com/hashicorp/go-discover

go 1.26.0
