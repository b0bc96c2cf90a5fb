"""What the targets on AWS share: the account, the foundation's outputs, the image in ECR, what is kept between runs."""
