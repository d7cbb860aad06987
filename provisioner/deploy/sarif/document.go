package sarif

// What is read of a report.
type document struct {
	Version string `json:"version"`
	Runs    []*run `json:"runs"`
}

type run struct {
	Tool struct {
		Driver driver `json:"driver"`
	} `json:"tool"`
	Invocations []struct {
		Successful bool `json:"executionSuccessful"`
	} `json:"invocations"`
	Results []result `json:"results"`
}

type driver struct {
	Name  string `json:"name"`
	Rules []rule `json:"rules"`
}

func (d driver) name() string {
	if d.Name == "" {
		return "scanner"
	}
	return d.Name
}

type text struct {
	Text string `json:"text"`
}

type rule struct {
	ID                   string          `json:"id"`
	ShortDescription     text            `json:"shortDescription"`
	MessageStrings       map[string]text `json:"messageStrings"`
	DefaultConfiguration struct {
		Level string `json:"level"`
	} `json:"defaultConfiguration"`
}

type result struct {
	RuleID    string `json:"ruleId"`
	RuleIndex *int   `json:"ruleIndex"`
	Kind      string `json:"kind"`
	Level     string `json:"level"`
	Message   struct {
		Text      string   `json:"text"`
		ID        string   `json:"id"`
		Arguments []string `json:"arguments"`
	} `json:"message"`
	Locations []struct {
		PhysicalLocation struct {
			ArtifactLocation struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
			Region struct {
				StartLine int `json:"startLine"`
			} `json:"region"`
		} `json:"physicalLocation"`
	} `json:"locations"`
	Suppressions []suppression `json:"suppressions"`
}

type suppression struct {
	Status string `json:"status"`
}
