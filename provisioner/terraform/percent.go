package terraform

import "github.com/tenon-sdk/tenon/provisioner"

// steps is how many times the tool says of a resource that it is complete: twice for one
// that is replaced.
func (t *transcript) steps() int {
	steps := 0
	for _, change := range t.planned {
		switch change.Action {
		case provisioner.Replace:
			steps += 2
		case provisioner.Create, provisioner.Update, provisioner.Delete, provisioner.Read:
			steps++
		}
	}
	return steps
}

// percent is how far the step is: of what was planned in this run, or by the saved plan
// that it applies. It is 0 where that is not known.
func (t *transcript) percent() float64 {
	total := max(t.total, t.steps())
	if total == 0 {
		return 0
	}
	return min(100, 100*float64(t.ended)/float64(total))
}
