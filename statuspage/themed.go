package statuspage

import (
	"fmt"
	"net/http"

	"upgradehub/events/theme"
)

// themed is the stylesheet with the operator's accent. It stands in the one
// sheet and so in its hash: no page needs a style of its own.
func themed(sheet []byte, t theme.Theme) []byte {
	if t.Accent == (theme.Accent{}) {
		return sheet
	}
	return fmt.Appendf(sheet, `
@layer base {
  :root {
    --link: light-dark(%[1]s, %[2]s);
    --ring: light-dark(%[1]s, %[2]s);
    --accent: light-dark(%[1]s, %[2]s);
    --on-accent: light-dark(%[3]s, %[4]s);
  }
}
`, t.Accent.Light, t.Accent.Dark, theme.Light.Surfaces[0], theme.Dark.Surfaces[0])
}

// logoName is the logo among the assets.
func logoName(l *theme.Logo) string { return "logo" + l.Ext }

// icon is the asset that stands for the hub in tabs and feeds.
func (p *Pages) icon() string {
	if l := p.cfg.Theme.Logo; l != nil {
		return logoName(l)
	}
	return "mark.svg"
}

// pictures is the policy of pictures that are opened by themselves: they may
// be styled, and do nothing.
const pictures = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"

func securePicture(w http.ResponseWriter, kind string) {
	if kind == contentType(".svg") {
		w.Header().Set("Content-Security-Policy", pictures)
	}
}
