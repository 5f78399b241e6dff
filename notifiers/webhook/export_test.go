package webhook

// Dialable is the rule that guards every dial.
var Dialable = dialable
