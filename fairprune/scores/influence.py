QUERY = "full"
NEEDS = "model"
