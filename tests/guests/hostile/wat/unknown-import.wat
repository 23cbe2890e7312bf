;; Wants an interface that this host does not have, in the hope that somebody stubs it.
(component
  (import "acme:vault/secrets@1.0.0" (instance $vault (export "all" (func (result string)))))
  (core module $m (func (export "go")))
  (core instance $i (instantiate $m))
  (func $go (canon lift (core func $i "go")))
  (instance $tool (export "go" (func $go)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
