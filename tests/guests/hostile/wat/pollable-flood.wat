;; Asks to be woken a million times over and never gives a handle back.
(component
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $p (sub resource)))
    (export "poll" (func (param "in" (list (borrow $p))) (result (list u32))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (alias outer 1 $pollable (type $outer))
    (export "pollable" (type $p (eq $outer)))
    (export "now" (func (result u64)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $p))))))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))
  (core module $m
    (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
    (func (export "go")
      (local $left i32)
      (local.set $left (i32.const 1000000))
      (loop $again
        (drop (call $subscribe (i64.const 1)))
        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))
  (core instance $i (instantiate $m (with "host" (instance (export "subscribe" (func $subscribe))))))
  (func $go (canon lift (core func $i "go")))
  (core module $quiet (func (export "fine")))
  (core instance $q (instantiate $quiet))
  (func $fine (canon lift (core func $q "fine")))
  (instance $tool (export "go" (func $go)) (export "fine" (func $fine)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
