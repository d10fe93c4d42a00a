package aws

import (
	"cmp"
	"maps"
	"slices"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// policyVersion is the version of IAM's policy language.
const policyVersion = "2012-10-17"

// Grant is the policy that a principal needs.
type Grant struct {
	// Principal is the ARN of a role, or tells in words whose policy it is where no ARN is known.
	Principal string `json:"principal"`
	// Stores are those that log in as the principal, or by way of it.
	Stores []string `json:"stores"`
	Policy Policy   `json:"policy"`
}

// Policy is an IAM policy document.
type Policy struct {
	Version   string      `json:"Version"`
	Statement []Statement `json:"Statement"`
}

// Statement allows actions on resources.
type Statement struct {
	Effect   string   `json:"Effect"`
	Action   []string `json:"Action"`
	Resource []string `json:"Resource"`
}

// Grants are the policies that reading takes, by principal. account owns what is read where no role tells; empty means any.
func Grants(wanted []provider.Wanted, account string) ([]Grant, error) {
	all := map[string]*grant{}
	for _, w := range wanted {
		spec, err := decode(w.Store)
		if err != nil {
			return nil, err
		}
		chain := principals(w.Store, spec)
		for i, principal := range chain {
			g, ok := all[principal]
			if !ok {
				g = &grant{resources: map[string]map[string]bool{}, stores: map[string]bool{}}
				all[principal] = g
			}
			for _, name := range w.Names {
				g.stores[name] = true
			}
			if i+1 < len(chain) {
				g.allow("sts:AssumeRole", literal(chain[i+1]))
				if tags := sessionTags(w.Store, spec); i+2 == len(chain) && spec.Role != "" && len(tags) > 0 {
					g.allow("sts:TagSession", literal(chain[i+1]))
				}
			}
		}
		last := chain[len(chain)-1]
		place := placeOf(spec.Region, cmp.Or(accountOf(last), account, "*"))
		if err := all[last].read(spec.Service, place, w); err != nil {
			return nil, err
		}
	}
	grants := make([]Grant, 0, len(all))
	for _, principal := range slices.Sorted(maps.Keys(all)) {
		g := all[principal]
		grants = append(grants, Grant{
			Principal: principal, Stores: slices.Sorted(maps.Keys(g.stores)), Policy: Policy{Version: policyVersion, Statement: g.statements()},
		})
	}
	return grants, nil
}

// principals are those that a login goes through, in the order of login: the last one reads.
func principals(store provider.Store, spec *api.AWSProvider) []string {
	source := "the identity of the process"
	if refs := credentialsOf(store, spec); len(refs) > 0 { // all of one login
		object := refs[0].Namespace + "/" + refs[0].Name
		source = "the user of the access key in Secret " + object
		if refs[0].Kind == provider.CredentialServiceAccount {
			source = "the role of service account " + object
		}
	}
	chain := append([]string{source}, spec.AdditionalRoles...)
	if spec.Role != "" {
		chain = append(chain, spec.Role)
	}
	return chain
}

// grant collects what a principal needs.
type grant struct {
	resources map[string]map[string]bool // by action
	stores    map[string]bool
}

func (g *grant) allow(action string, resources ...string) {
	if g.resources[action] == nil {
		g.resources[action] = map[string]bool{}
	}
	for _, resource := range resources {
		g.resources[action][resource] = true
	}
}

// statements put actions on the same resources together.
func (g *grant) statements() []Statement {
	var statements []Statement
	for _, action := range slices.Sorted(maps.Keys(g.resources)) {
		resources := slices.Sorted(maps.Keys(g.resources[action]))
		at := slices.IndexFunc(statements, func(s Statement) bool { return slices.Equal(s.Resource, resources) })
		if at >= 0 {
			statements[at].Action = append(statements[at].Action, action)
			continue
		}
		statements = append(statements, Statement{Effect: "Allow", Action: []string{action}, Resource: resources})
	}
	return statements
}

// read adds what a reader of the service does. What a search will find is known by how its name begins.
func (g *grant) read(service api.AWSService, at place, w provider.Wanted) error {
	names := map[string]bool{} // of which a batch is made
	for _, ref := range w.Refs {
		switch {
		case service == api.AWSSecretsManagerService && ref.Metadata:
			g.allow("secretsmanager:DescribeSecret", at.secret(ref.Key)...)
		case service == api.AWSSecretsManagerService:
			g.allow("secretsmanager:GetSecretValue", at.secret(ref.Key)...)
			if name, ok := (secretsManager{}).nameInBatch(ref); ok {
				names[name] = true
			}
		case ref.Metadata:
			g.allow("ssm:ListTagsForResource", at.parameter(ref.Key))
		default:
			g.allow("ssm:GetParameter", at.parameter(ref.Key))
			names[bareName(ref.Key)] = true
		}
	}
	for _, find := range w.Finds {
		s, err := newSearch(find)
		if err != nil {
			return err
		}
		if service == api.AWSSecretsManagerService {
			g.allow("secretsmanager:ListSecrets", "*")
			g.allow("secretsmanager:GetSecretValue", at.secretsFrom(s.start()))
			continue
		}
		if len(s.tags) > 0 {
			g.allow("ssm:DescribeParameters", "*")
		} else {
			g.allow("ssm:GetParametersByPath", at.paths(pathOf(s))...)
		}
		g.allow("ssm:GetParameter", at.parametersFrom(s))
	}
	if len(names) < 2 && len(w.Finds) == 0 {
		return nil // a batch of one is a single read
	}
	if service == api.AWSSecretsManagerService {
		g.allow("secretsmanager:BatchGetSecretValue", "*")
	} else {
		g.allow("ssm:GetParameters", slices.Collect(maps.Keys(g.resources["ssm:GetParameter"]))...)
	}
	return nil
}
