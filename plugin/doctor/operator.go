package doctor

import (
	"fmt"
	"slices"
)

// judgeOperators tells whether External Secrets Operator is there and runs.
func judgeOperators(f *facts) []Finding {
	var findings []Finding
	for _, o := range f.operators.value {
		findings = append(findings, judgeOperator(o))
	}
	switch {
	case f.operators.err != nil && len(findings) == 0:
		return []Finding{unknown(checkOperator, "whether External Secrets Operator is installed is not known: %v", f.operators.err)}
	case len(findings) == 0:
		return []Finding{fine(checkOperator, "External Secrets Operator is not installed")}
	default:
		return findings
	}
}

func judgeOperator(o operator) Finding {
	object := named("Deployment", o.NamespacedName, "")
	switch {
	case o.wanted == 0:
		return found(Warning, idOperatorScaledDown, "the %s of External Secrets Operator is scaled to zero: Deployment %s", o.part, o.NamespacedName).
			about(object).fix("scale it up, or remove the operator:", fmt.Sprintf("kubectl scale deployment %s -n %s --replicas=1", o.Name, o.Namespace))
	case o.ready == 0:
		return found(Problem, idOperatorNotReady, "the %s of External Secrets Operator is not ready: Deployment %s, 0 of %d",
			o.part, o.NamespacedName, o.wanted).about(object).fix("look at its Pods:",
			fmt.Sprintf("kubectl describe deployment %s -n %s", o.Name, o.Namespace), fmt.Sprintf("kubectl get pods -n %s", o.Namespace))
	case o.part == partController:
		return fine(checkOperator, "External Secrets Operator runs: Deployment %s%s, %s", o.NamespacedName, versionText(o.version), o.serves)
	default:
		return fine(checkOperator, "its %s runs: Deployment %s", o.part, o.NamespacedName)
	}
}

func versionText(version string) string {
	if version == "" {
		return ""
	}
	return " (" + version + ")"
}

// judgeWebhooks tells whether those that are asked about changes answer.
func judgeWebhooks(f *facts) []Finding {
	if f.webhooks.err != nil {
		return []Finding{unknown(checkWebhooks, "webhooks can't be looked at: %v", f.webhooks.err)}
	}
	var findings []Finding
	seen := map[webhook]bool{}
	alive := 0
	for _, hook := range f.webhooks.value {
		ready := f.endpoints[hook.service]
		switch {
		case ready.err != nil:
			findings = append(findings, unknown(checkWebhooks, "whether %s answers is not known: %v", hook.configuration, ready.err))
		case ready.value > 0:
			alive++
		default:
			of := webhook{configuration: hook.configuration, service: hook.service, blocks: hook.blocks}
			if !seen[of] { // a configuration can have several
				seen[of] = true
				findings = append(findings, judgeDeadWebhook(f, of))
			}
		}
	}
	if len(findings) == 0 {
		text := "no webhook is asked about changes"
		if alive > 0 {
			text = fmt.Sprintf("%s of the operator answers", counted(alive, "webhook"))
		}
		findings = append(findings, fine(checkWebhooks, "%s", text))
	}
	return findings
}

func judgeDeadWebhook(f *facts, hook webhook) Finding {
	severity, consequence := Problem, "every change that it is to check is refused, removing finalizers among them"
	if !hook.blocks {
		severity, consequence = Warning, "nothing checks changes, each of which waits for it in vain"
	}
	finding := found(severity, idWebhookDead, "nothing answers for webhook %s (Service %s/%s): %s",
		hook.configuration, hook.service.namespace, hook.service.name, consequence).
		about(Object{Kind: "ValidatingWebhookConfiguration", Name: hook.configuration})
	if slices.ContainsFunc(f.operators.value, func(o operator) bool { return o.Namespace == hook.service.namespace && o.wanted > 0 }) {
		return finding.fix("the operator is installed there: look why its webhook does not run:",
			fmt.Sprintf("kubectl get deployments,pods,endpointslices -n %s", hook.service.namespace))
	}
	return finding.fix("if the operator is gone, delete what it has left:", "kubectl delete validatingwebhookconfiguration "+hook.configuration)
}
