package notifiers

import "upgradehub/events/lang"

// Speaking is r with one language for everybody, whatever they read.
func Speaking(r *Renderer, code string) *Renderer {
	return &Renderer{tongues: map[string]*tongue{lang.English: r.tongues[code]}, own: r.own}
}

// InDirection is tested by itself.
var InDirection = inDirection
