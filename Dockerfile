# fairprune and all that it needs, to run studies in the folder that is mounted at /study:
#
#   docker build --tag fairprune .
#   docker run --rm --gpus all --volume "$PWD:/study" fairprune run all --cores 8 --gpus 1
#
# With Apptainer: apptainer build fairprune.sif docker-daemon://fairprune:latest
FROM python:3.12-slim
COPY . /opt/fairprune
RUN pip install --no-cache-dir '/opt/fairprune[workflow,slurm]'
WORKDIR /study
ENTRYPOINT ["fairprune"]
