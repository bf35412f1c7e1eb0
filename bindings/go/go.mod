module sabir

go 1.24
