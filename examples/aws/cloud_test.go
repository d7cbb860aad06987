package aws_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// cloud asks an AWS endpoint by its APIs.
type cloud struct{ endpoint string }

// emulator gives the cloud to deploy to, or skips by the name of what is missing: terraform,
// aws-mirror (TENON_TF_MIRROR) or aws-endpoint (TENON_AWS_ENDPOINT).
func emulator(t *testing.T) (c cloud, terraform, mirror string) {
	t.Helper()
	terraform, err := exec.LookPath("terraform")
	for _, need := range []struct {
		name string
		here bool
	}{
		{"terraform", err == nil}, {"aws-mirror", os.Getenv("TENON_TF_MIRROR") != ""}, {"aws-endpoint", os.Getenv("TENON_AWS_ENDPOINT") != ""},
	} {
		if need.here {
			continue
		}
		if slices.Contains(strings.Split(os.Getenv("TENON_REQUIRE"), ","), need.name) {
			t.Fatalf("%s is required", need.name)
		}
		t.Skipf("needs %s", need.name)
	}
	return cloud{os.Getenv("TENON_AWS_ENDPOINT")}, terraform, os.Getenv("TENON_TF_MIRROR")
}

// call sends a request to a service in eu-west-1.
func (c cloud) call(t *testing.T, service, method, path, target, contentType, body string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, c.endpoint+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/"+service+"/aws4_request, SignedHeaders=host, Signature=none")
	req.Header.Set("Content-Type", contentType)
	if target != "" {
		req.Header.Set("X-Amz-Target", target)
	}
	response, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "%s %s: %s", service, body, text)
	return text
}

// query asks a service that answers in XML.
func (c cloud) query(t *testing.T, service, version, action string, into any, parameters ...string) {
	t.Helper()
	form := url.Values{"Action": {action}, "Version": {version}}
	for i := 0; i < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	text := c.call(t, service, http.MethodPost, "/", "", "application/x-www-form-urlencoded", form.Encode())
	require.NoError(t, xml.Unmarshal(text, into), string(text))
}

// json asks a service that answers in JSON.
func (c cloud) json(t *testing.T, service, version, target string, body, into any) {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(c.call(t, service, http.MethodPost, "/", target, "application/x-amz-json-"+version, string(text)), into))
}

type ec2Tag struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

type upperTag struct{ Key, Value string }

func tagged[T any](list []T, of func(T) (string, string)) map[string]string {
	tags := map[string]string{}
	for _, tag := range list {
		key, value := of(tag)
		tags[key] = value
	}
	return tags
}

func lower(tag ec2Tag) (string, string)   { return tag.Key, tag.Value }
func upper(tag upperTag) (string, string) { return tag.Key, tag.Value }

// everything of the estate that is there, with its tags. What others keep in the same
// emulator is not looked at.
func (c cloud) everything(t *testing.T) map[string]map[string]string {
	t.Helper()
	found := map[string]map[string]string{}
	maps.Copy(found, c.ec2(t))
	maps.Copy(found, c.storage(t))
	maps.Copy(found, c.queues(t))
	maps.Copy(found, c.parameters(t))
	var roles struct {
		Names []string `xml:"ListRolesResult>Roles>member>RoleName"`
	}
	c.query(t, "iam", "2010-05-08", "ListRoles", &roles, "PathPrefix", "/apps/")
	for _, name := range roles.Names {
		var tags struct {
			List []upperTag `xml:"ListRoleTagsResult>Tags>member"`
		}
		c.query(t, "iam", "2010-05-08", "ListRoleTags", &tags, "RoleName", name)
		found["role /apps/"+name] = tagged(tags.List, upper)
	}
	return found
}

func (c cloud) ec2(t *testing.T) map[string]map[string]string {
	t.Helper()
	found := map[string]map[string]string{}
	const version = "2016-11-15"
	ours := []string{"Filter.1.Name", "tag:managed-by", "Filter.1.Value.1", "tenon"}
	var vpcs struct {
		Items []struct {
			CIDR string   `xml:"cidrBlock"`
			Tags []ec2Tag `xml:"tagSet>item"`
		} `xml:"vpcSet>item"`
	}
	c.query(t, "ec2", version, "DescribeVpcs", &vpcs, ours...)
	for _, vpc := range vpcs.Items {
		found["vpc "+vpc.CIDR] = tagged(vpc.Tags, lower)
	}
	var subnets struct {
		Items []struct {
			CIDR string   `xml:"cidrBlock"`
			Tags []ec2Tag `xml:"tagSet>item"`
		} `xml:"subnetSet>item"`
	}
	c.query(t, "ec2", version, "DescribeSubnets", &subnets, ours...)
	for _, subnet := range subnets.Items {
		found["subnet "+subnet.CIDR] = tagged(subnet.Tags, lower)
	}
	var groups struct {
		Items []struct {
			Name string   `xml:"groupName"`
			Tags []ec2Tag `xml:"tagSet>item"`
		} `xml:"securityGroupInfo>item"`
	}
	c.query(t, "ec2", version, "DescribeSecurityGroups", &groups, ours...)
	for _, group := range groups.Items {
		found["security group "+group.Name] = tagged(group.Tags, lower)
	}
	return found
}

func (c cloud) storage(t *testing.T) map[string]map[string]string {
	t.Helper()
	found := map[string]map[string]string{}
	var buckets struct {
		Names []string `xml:"Buckets>Bucket>Name"`
	}
	require.NoError(t, xml.Unmarshal(c.call(t, "s3", http.MethodGet, "/", "", "", ""), &buckets))
	for _, name := range buckets.Names {
		if !strings.HasPrefix(name, "shop-dev-") {
			continue
		}
		var tags struct {
			List []upperTag `xml:"TagSet>Tag"`
		}
		require.NoError(t, xml.Unmarshal(c.call(t, "s3", http.MethodGet, "/"+name+"?tagging", "", "", ""), &tags))
		found["bucket "+name] = tagged(tags.List, upper)
	}
	return found
}

func (c cloud) queues(t *testing.T) map[string]map[string]string {
	t.Helper()
	found := map[string]map[string]string{}
	var queues struct{ QueueUrls []string }
	c.json(t, "sqs", "1.0", "AmazonSQS.ListQueues", map[string]string{"QueueNamePrefix": "shop-dev-"}, &queues)
	for _, address := range queues.QueueUrls {
		var tags struct{ Tags map[string]string }
		c.json(t, "sqs", "1.0", "AmazonSQS.ListQueueTags", map[string]string{"QueueUrl": address}, &tags)
		found["queue "+address[strings.LastIndex(address, "/")+1:]] = tags.Tags
	}
	return found
}

func (c cloud) parameters(t *testing.T) map[string]map[string]string {
	t.Helper()
	found := map[string]map[string]string{}
	var parameters struct{ Parameters []struct{ Name string } }
	c.json(t, "ssm", "1.1", "AmazonSSM.GetParametersByPath", map[string]any{"Path": "/shop-dev-worker", "Recursive": true}, &parameters)
	for _, p := range parameters.Parameters {
		var tags struct{ TagList []upperTag }
		c.json(t, "ssm", "1.1", "AmazonSSM.ListTagsForResource", map[string]string{"ResourceType": "Parameter", "ResourceId": p.Name}, &tags)
		found["parameter "+p.Name] = tagged(tags.TagList, upper)
	}
	return found
}

type role struct {
	trust, boundary string
	policies        map[string]string
}

// role gives the documents of a role as the cloud has them.
func (c cloud) role(t *testing.T, name string) role {
	t.Helper()
	const version = "2010-05-08"
	plain := func(text string) string {
		decoded, err := url.QueryUnescape(text)
		require.NoError(t, err)
		return decoded
	}
	var there struct {
		Trust    string `xml:"GetRoleResult>Role>AssumeRolePolicyDocument"`
		Boundary string `xml:"GetRoleResult>Role>PermissionsBoundary>PermissionsBoundaryArn"`
	}
	c.query(t, "iam", version, "GetRole", &there, "RoleName", name)
	r := role{trust: plain(there.Trust), boundary: there.Boundary, policies: map[string]string{}}
	var names struct {
		List []string `xml:"ListRolePoliciesResult>PolicyNames>member"`
	}
	c.query(t, "iam", version, "ListRolePolicies", &names, "RoleName", name)
	for _, policy := range names.List {
		var document struct {
			Text string `xml:"GetRolePolicyResult>PolicyDocument"`
		}
		c.query(t, "iam", version, "GetRolePolicy", &document, "RoleName", name, "PolicyName", policy)
		r.policies[policy] = plain(document.Text)
	}
	return r
}
