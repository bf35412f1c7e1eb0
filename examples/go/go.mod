module sabir/examples

go 1.24

require sabir v0.0.0

replace sabir => ../../bindings/go
