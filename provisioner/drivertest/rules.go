package drivertest

import "slices"

// Rules lists what a driver has to keep, in the order in which it is tested.
func Rules() []Rule {
	var list []Rule
	for _, r := range rules() {
		list = append(list, r.Rule)
	}
	return list
}

func rules() []rule {
	return slices.Concat(lifeRules(), exactRules(), stateRules(), cutRules(), mistakeRules(), powerRules(), leftoverRules(), lawRules())
}
