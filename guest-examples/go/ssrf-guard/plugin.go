// Package plugin refuses every address that is not on the public internet, whatever name led to it.
package plugin

import (
	net "example/guests/ssrf-guard/bindings/imports/transferhost_callbacks_net"
	opensocket "example/guests/ssrf-guard/bindings/imports/transferhost_callbacks_opensocket"
	"go.bytecodealliance.org/pkg/wit/types"
)

var classes = [...]string{
	net.Class_Public:      "Public",
	net.Class_Loopback:    "Loopback",
	net.Class_Private:     "Private",
	net.Class_LinkLocal:   "LinkLocal",
	net.Class_Shared:      "Shared",
	net.Class_Multicast:   "Multicast",
	net.Class_Metadata:    "Metadata",
	net.Class_Reserved:    "Reserved",
	net.Class_HostItself:  "HostItself",
	net.Class_LocalSocket: "LocalSocket",
}

func OnOpensocket(_ opensocket.Purpose, target opensocket.Target) types.Result[opensocket.Verdict, string] {
	verdict := opensocket.MakeVerdictAllow()
	if class := net.Classify(target.Address); class != net.Class_Public {
		verdict = opensocket.MakeVerdictDeny(net.ToText(target.Address) + " is Class::" + classes[class])
	}
	return types.Ok[opensocket.Verdict, string](verdict)
}
