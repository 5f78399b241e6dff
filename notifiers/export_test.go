package notifiers

// InDirection is tested by itself.
var InDirection = inDirection
