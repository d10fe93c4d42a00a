package manifests

import (
	"maps"
	"slices"
	"strconv"

	rbacv1 "k8s.io/api/rbac/v1"
)

// rights are the roles and their bindings: for what the runner keeps for itself, for the ExternalSecrets that it serves, and for
// the service accounts as which stores log in.
func (o *Options) rights() ([]any, error) {
	state, err := o.state()
	if err != nil {
		return nil, err
	}
	served, err := o.served()
	if err != nil {
		return nil, err
	}
	logins, err := o.logins()
	return slices.Concat(state, served, logins), err
}

func (o *Options) state() ([]any, error) {
	role, binding, err := o.role("base/state.yaml", o.Namespace)
	if err != nil {
		return nil, err
	}
	if o.Shards > 1 {
		leases := make([]string, o.Shards)
		for i := range leases {
			leases[i] = Name + "-" + strconv.Itoa(i)
		}
		for i := range role.Rules {
			if rule := &role.Rules[i]; slices.Contains(rule.Resources, "leases") && len(rule.ResourceNames) > 0 {
				rule.ResourceNames = leases
			}
		}
	}
	return []any{role, binding}, nil
}

func (o *Options) served() ([]any, error) {
	if len(o.Scope) == 0 {
		return o.clusterRole("rights/cluster/clusterrole.yaml")
	}
	var objects []any
	for _, namespace := range o.Scope {
		role, binding, err := o.role("rights/namespace/role.yaml", namespace)
		if err != nil {
			return nil, err
		}
		o.narrow(role.Rules)
		objects = append(objects, role, binding)
	}
	if !o.ClusterStores {
		return objects, nil
	}
	stores, err := o.clusterRole("rights/clusterstores/clusterrole.yaml")
	return append(objects, stores...), err
}

func (o *Options) logins() ([]any, error) {
	accounts := map[string][]string{}
	for _, account := range o.LoginServiceAccounts {
		accounts[account.Namespace] = append(accounts[account.Namespace], account.Name)
	}
	var objects []any
	for _, namespace := range slices.Sorted(maps.Keys(accounts)) {
		role, binding, err := o.role("rights/login/role.yaml", namespace)
		if err != nil {
			return nil, err
		}
		for i := range role.Rules {
			role.Rules[i].ResourceNames = slices.Compact(slices.Sorted(slices.Values(accounts[namespace])))
		}
		objects = append(objects, role, binding)
	}
	return objects, nil
}

// narrow takes away the listing of Secrets and gives the watching of ExternalSecrets, as the options want it.
func (o *Options) narrow(rules []rbacv1.PolicyRule) {
	for i := range rules {
		rule := &rules[i]
		switch list := slices.Index(rule.Verbs, "list"); {
		case list < 0:
		case o.SecretAccess == SecretsByName && slices.Contains(rule.Resources, "secrets"):
			rule.Verbs = slices.Delete(rule.Verbs, list, list+1)
		case o.Linger > 0 && slices.Contains(rule.Resources, "externalsecrets"):
			rule.Verbs = append(rule.Verbs, "watch")
		}
	}
}

// role reads a Role and its binding for a namespace.
func (o *Options) role(file, namespace string) (*rbacv1.Role, *rbacv1.RoleBinding, error) {
	var (
		role    rbacv1.Role
		binding rbacv1.RoleBinding
	)
	if err := decode(file, &role, &binding); err != nil {
		return nil, nil, err
	}
	role.Namespace, binding.Namespace = namespace, namespace
	o.bind(binding.Subjects)
	return &role, &binding, nil
}

// clusterRole reads a ClusterRole and its binding.
func (o *Options) clusterRole(file string) ([]any, error) {
	var (
		role    rbacv1.ClusterRole
		binding rbacv1.ClusterRoleBinding
	)
	if err := decode(file, &role, &binding); err != nil {
		return nil, err
	}
	o.narrow(role.Rules)
	o.bind(binding.Subjects)
	return []any{&role, &binding}, nil
}
