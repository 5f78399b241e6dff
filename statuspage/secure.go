package statuspage

import "net/http"

// policy lets a page load its own script and style and nothing else; no
// inline code, no foreign host, and HTML only through the script's one
// Trusted Types policy.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; worker-src 'self'; " +
	"require-trusted-types-for 'script'; trusted-types hub"

// Secure sets the security headers on every answer of the public listener
// and refuses forms that another site sent. It does not wrap the
// ResponseWriter: the socket needs the connection itself. Handlers limit the
// bodies they take.
func Secure(next http.Handler) http.Handler {
	guarded := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		guarded.ServeHTTP(w, r)
	})
}
