package artifacts

import (
	"github.com/tenon-sdk/tenon/artifacts/schema"
)

// Contract is the schema of the type as a set of documents: for questions that Compatible,
// Diff and Sample do not answer.
func (t *Type) Contract() *schema.Schema { return t.made().contract }

// Compatible decides whether every document of producer is one of consumer. A No carries a
// witness: a document of the one that the other refuses. Formats are annotations.
func Compatible(producer, consumer *Type) schema.Verdict {
	return schema.Compatible(producer.made().contract, consumer.made().contract)
}

// Narrow is the schema of the documents of t that are valid under where as well, a JSON
// Schema. References in where lead into where itself or to shared definitions of the
// catalog. Its Empty says whether any document is left. The error is a
// *schema.InvalidError about where.
func (t *Type) Narrow(where any) (*schema.Schema, error) {
	narrow, err := schema.Compile(where, &schema.Options{Shared: t.shared})
	if err != nil {
		return nil, err
	}
	return t.made().contract.And(narrow), nil
}

// Sample gives a valid document of the type: realistic where the schema lets it be, the
// same for the same seed. The error is a *schema.SampleError.
func (t *Type) Sample(opts *schema.SampleOptions) (any, error) { return t.made().contract.Sample(opts) }

// Compatible is Compatible for types of the catalog; what was decided once is known.
func (c *Catalog) Compatible(producer, consumer *Type) schema.Verdict {
	pair := [2]*Type{producer, consumer}
	if known, ok := c.verdicts.Load(pair); ok {
		return known.(schema.Verdict)
	}
	verdict := Compatible(producer, consumer)
	c.verdicts.Store(pair, verdict)
	return verdict
}
