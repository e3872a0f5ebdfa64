// How a number came about: seen in a forward pass, decoded from a site, attributed, found by changing the model, or by
// changing what ships. Causal words need `intervened`.

export type EvidenceKind = 'observed' | 'decoded' | 'attributed' | 'intervened' | 'edited';
