;; Asks for its standard output a million times and never gives a handle back.
(component
  (import "wasi:io/error@0.2.0" (instance $errors (export "error" (type (sub resource)))))
  (alias export $errors "error" (type $error))
  (import "wasi:io/streams@0.2.0" (instance $streams (export "output-stream" (type (sub resource)))))
  (alias export $streams "output-stream" (type $output))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $output (type $o))
    (export "output-stream" (type $stream (eq $o)))
    (export "get-stdout" (func (result (own $stream))))))
  (core func $get (canon lower (func $stdout "get-stdout")))
  (core module $m
    (import "host" "get" (func $get (result i32)))
    (func (export "go")
      (local $left i32)
      (local.set $left (i32.const 1000000))
      (loop $again
        (drop (call $get))
        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))
  (core instance $i (instantiate $m (with "host" (instance (export "get" (func $get))))))
  (func $go (canon lift (core func $i "go")))
  (core module $quiet (func (export "fine")))
  (core instance $q (instantiate $quiet))
  (func $fine (canon lift (core func $q "fine")))
  (instance $tool (export "go" (func $go)) (export "fine" (func $fine)))
  (export "tollgate:hostile/tool@0.1.0" (instance $tool)))
