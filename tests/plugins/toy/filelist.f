toy.v
