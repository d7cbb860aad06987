package render

// For tests of what no file can say: names in files are plain, labels must hold anything.
var (
	DOTText     = dotText
	MermaidText = mermaidText
)
